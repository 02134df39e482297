import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { appCode } from './app-codes.ts'
import { chromiumPath, launchChromium, newVisitor, userAgents } from './chromium.ts'
import { startDevServer, type DevServer } from './server.ts'
import { deviceNames, expectHeading, pathOf, sessionStatus, setUpApp, signOut, signUp } from './steps.ts'

const password = 'a quiet walk at dawn'

describe.skipIf(chromiumPath === undefined)('a mailed link on the pages', () => {
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

  async function askForLink(page: Awaited<ReturnType<typeof newVisitor>>['page'], email: string): Promise<string> {
    const before = (await server.mailsTo(email)).filter(({ link }) => link !== undefined).length
    await page.goto('/sign-in')
    await page.getByLabel('E-mail address').fill(email)
    await page.getByRole('button', { name: 'E-mail me a link' }).click()
    await expectHeading(page, 'Check your mail')
    return server.nextLink(email, before + 1)
  }

  async function person(email: string): Promise<void> {
    const { context, page } = await newVisitor(browser, server.url)
    await signUp(server, page, { email, password })
    await context.close()
  }

  it('signs in by itself where it was asked for, and the tab that waits goes on too', async () => {
    const email = 'here@example.com'
    await person(email)
    const { context, page, complaints } = await newVisitor(browser, server.url)
    const link = await askForLink(page, email)
    const opened = await context.newPage()
    const requests: string[] = []
    opened.on('request', (request) => requests.push(`${request.method()} ${request.url()}`))
    await opened.goto(link)
    await expectHeading(opened, 'Your account')
    await expectHeading(page, 'Your account')
    const token = new URLSearchParams(new URL(link).hash.slice(1)).get('token') ?? ''
    expect(token).not.toBe('')
    // Behind `#`, so in no request; and in nothing that stays.
    expect(requests.filter((line) => line.includes(token) && !line.includes('#'))).toEqual([])
    expect(
      await opened.evaluate(() =>
        JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage), history.state, location.href]),
      ),
    ).not.toContain(token)
    expect(complaints()).toEqual([])

    // Once.
    await signOut(opened)
    await opened.goto(link)
    await expectHeading(opened, 'This link does not work any more')
    expect(await sessionStatus(opened)).toBe(401)
  })

  it('asks for the digits of the mail in another browser, and opens the session there', async () => {
    const email = 'elsewhere@example.com'
    await person(email)
    const laptop = await newVisitor(browser, server.url)
    const link = await askForLink(laptop.page, email)
    const phone = await newVisitor(browser, server.url, { userAgent: userAgents.safariOnPhone })
    await phone.page.goto(link)
    await expectHeading(phone.page, 'Enter the code of the same mail')
    expect(pathOf(phone.page)).toBe('/magic-link')
    expect(await sessionStatus(phone.page)).toBe(401)
    const code = await server.nextCode(email)
    await phone.page.getByLabel('6-digit code').fill(code === '000000' ? '000001' : '000000')
    await phone.page.getByRole('alert').getByText('It stands in the same mail').waitFor()
    await phone.page.getByLabel('6-digit code').fill(code)
    await expectHeading(phone.page, 'Your account')
    expect(await deviceNames(phone.page)).toContain('Safari on iPhone')
    expect(await sessionStatus(laptop.page)).toBe(401)
  })

  it('is not used up by a scanner that opens it and runs its scripts', async () => {
    const email = 'scanned@example.com'
    await person(email)
    const { context, page } = await newVisitor(browser, server.url)
    const link = await askForLink(page, email)
    for (const look of [1, 2]) {
      const scanner = await newVisitor(browser, server.url, { userAgent: `Scanner/${look}` })
      await scanner.page.goto(link)
      await expectHeading(scanner.page, 'Enter the code of the same mail')
      // It presses whatever it finds.
      await scanner.page.getByRole('button', { name: 'Sign in', exact: true }).click()
      await scanner.page.getByText('Enter the code.').waitFor()
      expect(await sessionStatus(scanner.page)).toBe(401)
      await scanner.context.close()
    }
    const opened = await context.newPage()
    await opened.goto(link)
    await expectHeading(opened, 'Your account')
  })

  it('does nothing while the page is only loaded ahead', async () => {
    const email = 'ahead@example.com'
    await person(email)
    const { context, page } = await newVisitor(browser, server.url)
    const link = await askForLink(page, email)
    const opened = await context.newPage()
    await opened.addInitScript(() => {
      let ahead = true
      Object.defineProperty(document, 'prerendering', { get: () => ahead })
      Object.assign(globalThis, {
        look: () => {
          ahead = false
          document.dispatchEvent(new Event('prerenderingchange'))
        },
      })
    })
    await opened.goto(link)
    await expectHeading(opened, 'Signing you in')
    await opened.waitForTimeout(500)
    expect(await sessionStatus(opened)).toBe(401)
    await opened.evaluate(() => (globalThis as unknown as { look: () => void }).look())
    await expectHeading(opened, 'Your account')
  })

  it('is followed by the second factor of whoever has one', async () => {
    const email = 'link-and-app@example.com'
    const { page } = await newVisitor(browser, server.url)
    await signUp(server, page, { email, password })
    const { secret } = await setUpApp(page)
    await signOut(page)
    await page.goto(await askForLink(page, email))
    await expectHeading(page, 'Enter your app’s code')
    expect(await sessionStatus(page)).toBe(401)
    await page.getByLabel('6-digit code').fill(appCode(secret, 'present'))
    await expectHeading(page, 'Your account')
  })

  it('tells nobody which addresses have an account', async () => {
    const email = 'nobody-at-all@example.com'
    const { page } = await newVisitor(browser, server.url)
    await page.goto('/sign-in')
    await page.getByLabel('E-mail address').fill(email)
    await page.getByRole('button', { name: 'E-mail me a link' }).click()
    await expectHeading(page, 'Check your mail')
    await page.getByText(`If there is an account for ${email}`).waitFor()
    await expect.poll(() => server.mailsTo(email)).toHaveLength(1)
  })
})
