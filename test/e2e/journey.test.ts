import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath, launchChromium, newVisitor, userAgents } from './chromium.ts'
import { startDevServer, type DevServer } from './server.ts'
import { deviceNames, expectHeading, fillSignIn, pathOf, sessionStatus, signUp, typeCode } from './steps.ts'

describe.skipIf(chromiumPath === undefined)('the pages in Chromium, on SQLite', () => {
  let server: DevServer
  let browser: Browser

  beforeAll(async () => {
    server = await startDevServer()
    browser = await launchChromium()
  })

  afterAll(async () => {
    await browser.close()
    await server.remove()
  })

  it('carry a person from sign-up over a second device and a reset to sign-out', async () => {
    const email = 'jane@example.com'
    const password = 'a quiet walk at dawn'
    const newPassword = 'two herons on the weir'

    const laptop = await newVisitor(browser, server.url)
    await signUp(server, laptop.page, { name: 'Jane', email, password })
    expect(pathOf(laptop.page)).toBe('/')
    expect(await laptop.page.evaluate(() => sessionStorage.length)).toBe(0)
    expect(await laptop.page.evaluate(() => document.cookie)).toBe('')
    expect(await deviceNames(laptop.page)).toEqual(['Chrome on Linux'])
    expect(laptop.complaints()).toEqual([])

    // A second device is asked for a code although the password is right.
    const desktop = await newVisitor(browser, server.url, { userAgent: userAgents.firefoxOnWindows })
    await fillSignIn(desktop.page, { email, password })
    await expectHeading(desktop.page, 'Check your mail')
    await desktop.page.getByText('j…@example.com').waitFor()
    expect(await sessionStatus(desktop.page)).toBe(401)
    await typeCode(desktop.page, await server.nextCode(email, 2))
    await expectHeading(desktop.page, 'Hello, Jane')
    expect(await deviceNames(desktop.page)).toEqual(['Firefox on Windows', 'Chrome on Linux'])
    expect(desktop.complaints()).toEqual(['401 /auth/session'])

    // The first one ends the second one's session.
    await laptop.page.reload()
    await expectHeading(laptop.page, 'Hello, Jane')
    expect(await deviceNames(laptop.page)).toEqual(['Chrome on Linux', 'Firefox on Windows'])
    await laptop.page.getByRole('button', { name: 'Sign out Firefox on Windows' }).click()
    await laptop.page.getByText('Firefox on Windows is signed out.').waitFor()
    expect(await deviceNames(laptop.page)).toEqual(['Chrome on Linux'])
    expect(await sessionStatus(desktop.page)).toBe(401)
    await desktop.page.reload()
    await expectHeading(desktop.page, 'Sign in')

    // It is a known device by now, so its password alone signs it in.
    await fillSignIn(desktop.page, { email, password })
    await expectHeading(desktop.page, 'Hello, Jane')

    // A forgotten password, on a third device.
    const phone = await newVisitor(browser, server.url, { userAgent: userAgents.safariOnPhone })
    await phone.page.goto('/sign-in')
    await phone.page.getByLabel('E-mail address').fill(email)
    await phone.page.getByRole('link', { name: 'Forgot password?' }).click()
    await expectHeading(phone.page, 'Reset your password')
    expect(await phone.page.getByLabel('E-mail address').inputValue()).toBe(email)
    await phone.page.getByRole('button', { name: 'Send the mail' }).click()
    await expectHeading(phone.page, 'Check your mail')
    await phone.page.goto(await server.nextLink(email))
    await expectHeading(phone.page, 'Choose a new password')
    expect(pathOf(phone.page)).toBe('/reset/confirm')
    await phone.page.getByLabel('New password', { exact: true }).fill(newPassword)
    await phone.page.getByRole('button', { name: 'Set new password' }).click()
    await expectHeading(phone.page, 'Sign in')
    await phone.page.getByText('Your new password is set.').waitFor()
    expect(phone.complaints()).toEqual([])

    // Every session is dead, and the reset signed nobody in.
    for (const { page } of [laptop, desktop, phone]) expect(await sessionStatus(page)).toBe(401)
    await laptop.page.reload()
    await expectHeading(laptop.page, 'Sign in')
    await fillSignIn(laptop.page, { email, password })
    await laptop.page.getByRole('alert').getByText('not right').waitFor()
    expect(await sessionStatus(laptop.page)).toBe(401)

    // The new password, with the code: the reset forgot the known devices.
    const mailsBefore = (await server.mailsTo(email)).filter((mail) => mail.code !== undefined).length
    await fillSignIn(laptop.page, { email, password: newPassword })
    await expectHeading(laptop.page, 'Check your mail')
    await typeCode(laptop.page, await server.nextCode(email, mailsBefore + 1))
    await expectHeading(laptop.page, 'Hello, Jane')
    expect(await deviceNames(laptop.page)).toEqual(['Chrome on Linux'])

    await laptop.page.getByRole('button', { name: 'Sign out', exact: true }).click()
    await expectHeading(laptop.page, 'Sign in')
    await laptop.page.getByText('You are signed out.').waitFor()
    expect(await sessionStatus(laptop.page)).toBe(401)
    await laptop.page.goBack()
    await expectHeading(laptop.page, 'Sign in')
    const unexpected = laptop
      .complaints()
      .filter(
        (line) => !/^401 \/auth\/(session|sessions|account\/factors|passkeys|identities|sign-in\/password)$/.test(line),
      )
    expect(unexpected).toEqual([])
  })

  it('sign in with a mailed code alone, and send a new one', async () => {
    const email = 'code@example.com'
    const { page, complaints } = await newVisitor(browser, server.url)
    await page.clock.install()
    await signUp(server, page, { email, password: 'a quiet walk at dawn' })
    await page.getByRole('button', { name: 'Sign out', exact: true }).click()
    await expectHeading(page, 'Sign in')

    await page.getByLabel('E-mail address').fill(email)
    await page.getByRole('button', { name: 'E-mail me a code' }).click()
    await expectHeading(page, 'Check your mail')
    const first = await server.nextCode(email, 2)
    // The wait before a second mail is on the page's own clock.
    await page.getByRole('button', { name: 'Send a new code in' }).waitFor()
    await page.clock.fastForward(30_000)
    await page.getByRole('button', { name: 'Send a new code', exact: true }).click()
    await page.getByText('A new code is on its way.').waitFor()
    const second = await server.nextCode(email, 3)
    await page.getByLabel('6-digit code').fill(first)
    if (first !== second) await page.getByRole('alert').getByText('That code is not right').waitFor()
    // As pasted from a mail client.
    await page.getByLabel('6-digit code').fill(`${second.slice(0, 3)} ${second.slice(3)}`)
    await expectHeading(page, 'Your account')
    expect(complaints().filter((line) => line !== '401 /auth/sign-in/factor/email-code')).toEqual([])
  })

  it('change the password, which ends the other sessions and keeps this one', async () => {
    const email = 'change@example.com'
    const password = 'a quiet walk at dawn'
    const here = await newVisitor(browser, server.url)
    await signUp(server, here.page, { email, password })
    const there = await newVisitor(browser, server.url, { userAgent: userAgents.safariOnPhone })
    await fillSignIn(there.page, { email, password })
    await typeCode(there.page, await server.nextCode(email, 2))
    await expectHeading(there.page, 'Your account')

    await here.page.getByRole('button', { name: 'Change password' }).click()
    await here.page.getByLabel('Current password', { exact: true }).fill('not this one at all')
    await here.page.getByLabel('New password', { exact: true }).fill('two herons on the weir')
    await here.page.keyboard.press('Enter')
    await here.page.getByText('This is not your password.').waitFor()
    await here.page.getByLabel('Current password', { exact: true }).fill(password)
    await here.page.keyboard.press('Enter')
    await here.page.getByText('Your password is changed.').waitFor()
    expect(await sessionStatus(here.page)).toBe(200)
    expect(await sessionStatus(there.page)).toBe(401)
    expect(await deviceNames(here.page)).toEqual(['Chrome on Linux'])
  })

  it('sign out of every other device at once, and of every tab of this one', async () => {
    const email = 'others@example.com'
    const password = 'a quiet walk at dawn'
    const here = await newVisitor(browser, server.url)
    await signUp(server, here.page, { email, password })
    const there = await newVisitor(browser, server.url, { userAgent: userAgents.safariOnPhone })
    await fillSignIn(there.page, { email, password })
    await typeCode(there.page, await server.nextCode(email, 2))
    await expectHeading(there.page, 'Your account')

    await here.page.reload()
    await here.page.getByRole('button', { name: 'Sign out everywhere else' }).click()
    await here.page.getByText('Every other device is signed out.').waitFor()
    expect(await sessionStatus(there.page)).toBe(401)
    expect(await sessionStatus(here.page)).toBe(200)

    const secondTab = await here.context.newPage()
    await secondTab.goto('/')
    await expectHeading(secondTab, 'Your account')
    await here.page.getByRole('button', { name: 'Sign out', exact: true }).click()
    await expectHeading(secondTab, 'Sign in')
    await secondTab.getByText('You are no longer signed in.').waitFor()
  })

  it('show mail as it arrives, with its code and its link', async () => {
    const email = 'mailbox@example.com'
    const { context, page, complaints } = await newVisitor(browser, server.url, { permissions: ['clipboard-write'] })
    await page.goto('/dev/mailbox')
    await expectHeading(page, 'Development mailbox')
    const signUpTab = await context.newPage()
    await signUpTab.goto('/sign-up')
    await signUpTab.getByLabel('E-mail address').fill(email)
    await signUpTab.getByLabel('Password', { exact: true }).fill('a quiet walk at dawn')
    await signUpTab.keyboard.press('Enter')
    await expectHeading(signUpTab, 'Check your mail')
    const code = await server.nextCode(email)
    await page.bringToFront()
    const mail = page.getByRole('article').filter({ hasText: email })
    await mail.getByText(code, { exact: true }).waitFor()
    await mail.getByRole('button', { name: 'Copy code' }).click()
    await mail.getByRole('button', { name: 'Copied' }).waitFor()
    expect(complaints()).toEqual([])
  })

  it('make the first administrator with the link of the terminal, once', async () => {
    const link = /http:\/\/localhost:\d+\/admin-link#token=\S+/.exec(server.output())?.[0] ?? ''
    const email = 'root@example.com'
    const { page, complaints } = await newVisitor(browser, server.url)
    await page.goto(link)
    await expectHeading(page, 'First administrator')
    expect(pathOf(page)).toBe('/admin-link')
    await page.getByLabel('E-mail address').fill(email)
    await page.getByLabel('Password', { exact: true }).fill('a quiet walk at dawn')
    await page.getByRole('button', { name: 'Create administrator' }).click()
    await expectHeading(page, 'Check your mail')
    await typeCode(page, await server.nextCode(email))
    await expectHeading(page, 'Your account')
    await page.getByText('admin', { exact: true }).waitFor()
    expect(complaints()).toEqual([])

    const another = await newVisitor(browser, server.url)
    await another.page.goto(link)
    await another.page.getByLabel('E-mail address').fill('second@example.com')
    await another.page.getByLabel('Password', { exact: true }).fill('a quiet walk at dawn')
    await another.page.getByRole('button', { name: 'Create administrator' }).click()
    await expectHeading(another.page, 'This link does not work any more')
  })
})
