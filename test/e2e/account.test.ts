import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath, launchChromium, newVisitor } from './chromium.ts'
import { startDevServer, type DevServer } from './server.ts'
import { expectHeading, fillSignIn, pathOf, section, sessionStatus, signUp } from './steps.ts'

const password = 'a quiet walk at dawn'

describe.skipIf(chromiumPath === undefined)('the account page', () => {
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

  it('changes name and language', async () => {
    const { page, complaints } = await newVisitor(browser, server.url)
    await signUp(server, page, { email: 'profile@example.com', password, name: 'Jane' })
    const profile = section(page, 'Profile')
    await profile.getByRole('button', { name: 'Edit profile' }).click()
    await profile.getByLabel('Name').fill('Jane Doe')
    await profile.getByLabel('Language').selectOption('de')
    await profile.getByRole('button', { name: 'Save' }).click()
    await expectHeading(page, 'Hello, Jane Doe')
    await profile.getByText('Deutsch').waitFor()
    await profile.getByRole('button', { name: 'Edit profile' }).click()
    await profile.getByLabel('Name').fill('')
    await profile.getByLabel('Language').selectOption('')
    await profile.getByRole('button', { name: 'Save' }).click()
    await expectHeading(page, 'Your account')
    await profile.getByText('None given').waitFor()
    expect(complaints()).toEqual([])
  })

  it('changes the address by a code to the new one, and the old one can undo it', async () => {
    const [from, to] = ['before@example.com', 'after@example.com'] as const
    const { page } = await newVisitor(browser, server.url)
    await signUp(server, page, { email: from, password })
    const mine = section(page, 'E-mail address')
    await mine.getByRole('button', { name: 'Change e-mail address' }).click()
    await mine.getByLabel('New e-mail address').fill(from)
    await page.keyboard.press('Enter')
    await mine.getByText('This is the address that you already have.').waitFor()
    await mine.getByLabel('New e-mail address').fill(to)
    await page.keyboard.press('Enter')
    await mine.getByLabel('6-digit code').fill(await server.nextCode(to))
    await mine.getByText(`Your address is ${to} now.`).waitFor()
    expect(await sessionStatus(page)).toBe(200)

    const link = await server.nextLink(from)
    const victim = await newVisitor(browser, server.url)
    await victim.page.goto(link)
    await expectHeading(victim.page, 'Put your old address back?')
    expect(pathOf(victim.page)).toBe('/email/undo')
    // Opening it did nothing.
    expect(await sessionStatus(page)).toBe(200)
    await victim.page.getByRole('button', { name: 'Undo the change' }).click()
    await expectHeading(victim.page, 'Sign in')
    await victim.page.getByText('Your old address is back').waitFor()
    expect(await sessionStatus(page)).toBe(401)
    await victim.page.goto(link)
    await victim.page.getByRole('button', { name: 'Undo the change' }).click()
    await expectHeading(victim.page, 'This link does not work any more')

    await fillSignIn(victim.page, { email: from, password })
    await expectHeading(victim.page, 'Check your mail')
  })

  it('asks for the password when the sign-in is too long ago, and then does what was asked', async () => {
    const email = 'stale@example.com'
    const { page } = await newVisitor(browser, server.url)
    await signUp(server, page, { email, password })
    // As the server answers a quarter of an hour later.
    let refusals = 0
    await page.route('**/auth/email/change', async (route) => {
      refusals += 1
      if (refusals > 1) return route.continue()
      const body = JSON.stringify({ code: 'fresh_required', status: 403 })
      return route.fulfill({ status: 403, contentType: 'application/problem+json', body })
    })
    const mine = section(page, 'E-mail address')
    await mine.getByRole('button', { name: 'Change e-mail address' }).click()
    await mine.getByLabel('New e-mail address').fill('fresh@example.com')
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'Confirm it is you' })
    await dialog.getByLabel('Password', { exact: true }).fill('not this one at all')
    await page.keyboard.press('Enter')
    await dialog.getByRole('alert').getByText('This is not your password.').waitFor()
    await dialog.getByLabel('Password', { exact: true }).fill(password)
    await page.keyboard.press('Enter')
    await mine.getByLabel('6-digit code').fill(await server.nextCode('fresh@example.com'))
    await mine.getByText('Your address is fresh@example.com now.').waitFor()
    expect(refusals).toBe(2)
    // Nothing of the page's own sign-in was touched.
    expect(pathOf(page)).toBe('/')
  })
})
