import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath, launchChromium, newVisitor } from './chromium.ts'
import { startDevServer, type DevServer } from './server.ts'
import { expectHeading, fillSignIn, fillSignUp, pathOf, signUp, typeCode } from './steps.ts'

describe.skipIf(chromiumPath === undefined)('the pages in Chromium when something is wrong', () => {
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

  it('say what is wrong at each field and put the cursor into the first', async () => {
    const { page } = await newVisitor(browser, server.url)
    await page.goto('/sign-up')
    await page.getByLabel('E-mail address').fill('jane')
    await page.getByLabel('Password', { exact: true }).fill('short')
    await page.keyboard.press('Enter')
    await page.getByText('Enter an address like name@example.com.').waitFor()
    await page.getByText('Use a few more characters.').waitFor()
    expect(await page.evaluate(() => document.activeElement?.getAttribute('name'))).toBe('email')

    // And what only the server knows.
    await page.getByLabel('E-mail address').fill('jane@example.com')
    await page.getByLabel('Password', { exact: true }).fill('password123')
    await page.keyboard.press('Enter')
    await page.getByText('one of the first that an attacker tries').waitFor()
    const password = page.getByLabel('Password', { exact: true })
    expect(await page.evaluate(() => document.activeElement?.getAttribute('name'))).toBe('password')
    expect(await password.getAttribute('aria-invalid')).toBe('true')
    const describedBy = (await password.getAttribute('aria-describedby')) ?? ''
    expect(await page.locator(`[id="${describedBy}"]`).innerText()).toContain('attacker')
  })

  it('count down when there were too many attempts', async () => {
    const email = 'limit@example.com'
    const { page } = await newVisitor(browser, server.url)
    await fillSignIn(page, { email, password: 'wrong' })
    await page.getByRole('alert').getByText('not right').waitFor()
    for (let attempt = 0; attempt < 12; attempt += 1) {
      const response = page.waitForResponse('**/auth/sign-in/password')
      await page.getByLabel('Password', { exact: true }).press('Enter')
      if ((await response).status() === 429) break
      await page.getByRole('alert').getByText('not right').waitFor()
    }
    await page.getByRole('alert').getByText('Too many attempts. You can try again at').waitFor()
    const button = page.getByRole('button', { name: 'Try again in' })
    const before = await button.innerText()
    expect(before).toMatch(/^Try again in \d+:\d\d$/)
    await expect.poll(() => button.innerText(), { timeout: 5_000 }).not.toBe(before)
    expect(await button.getAttribute('aria-disabled')).toBe('true')
    // The other way in is not closed by it.
    expect(await page.getByRole('button', { name: 'E-mail me a code' }).getAttribute('aria-disabled')).toBe(null)
  })

  it('keep what was typed while the server is away, and go on when it is back', async () => {
    const email = 'away@example.com'
    const { page } = await newVisitor(browser, server.url)
    await page.goto('/sign-up')
    await page.getByLabel('E-mail address').fill(email)
    await page.getByLabel('Password', { exact: true }).fill('a quiet walk at dawn')
    await server.kill()
    await page.keyboard.press('Enter')
    await page.getByRole('alert').getByText('No answer from the server.').waitFor()
    await server.start()
    await page.getByRole('button', { name: 'Create account' }).click()
    await expectHeading(page, 'Check your mail')
    await typeCode(page, await server.nextCode(email))
    await expectHeading(page, 'Your account')
  })

  it('show a page that comes back by itself when the configuration cannot be had', async () => {
    const { context, page } = await newVisitor(browser, server.url)
    await context.route('**/auth/config', (route) => route.abort())
    await page.goto('/sign-in')
    await expectHeading(page, 'Not available right now')
    await page.getByRole('button', { name: 'Try again' }).click()
    await expectHeading(page, 'Not available right now')
    await context.unroute('**/auth/config')
    await expectHeading(page, 'Sign in')
  })

  it('say that an attempt is over where there is none, and start again from there', async () => {
    const { page } = await newVisitor(browser, server.url)
    await page.goto('/code')
    await expectHeading(page, 'Please start again')
    await page.getByRole('link', { name: 'Go to sign in' }).click()
    await expectHeading(page, 'Sign in')
  })

  it('go on saying that the code was wrong when Enter follows its last digit, which sent it', async () => {
    const email = 'enter@example.com'
    const { page } = await newVisitor(browser, server.url)
    await fillSignUp(page, { email, password: 'correct horse battery staple' })
    const code = await server.nextCode(email)
    await typeCode(page, code === '000000' ? '000001' : '000000')
    await page.getByRole('alert').getByText('That code is not right').waitFor()
    await page.keyboard.press('Enter')
    await expect(page.getByText('Enter the code.').waitFor({ timeout: 500 })).rejects.toThrow('Timeout')
    expect(await page.getByRole('alert').getByText('That code is not right').count()).toBe(1)
    await typeCode(page, code)
    await expectHeading(page, 'Your account')
  })

  it('end an attempt after too many wrong codes', async () => {
    const email = 'guess@example.com'
    const { page } = await newVisitor(browser, server.url)
    await fillSignUp(page, { email, password: 'a quiet walk at dawn' })
    const code = await server.nextCode(email)
    const wrong = code === '000000' ? '000001' : '000000'
    for (let guess = 0; guess < 6; guess += 1) {
      if ((await page.getByLabel('6-digit code').count()) === 0) break
      const response = page.waitForResponse('**/auth/sign-in/factor/email-code')
      await page.getByLabel('6-digit code').fill(wrong)
      await response
    }
    await expectHeading(page, 'Please start again')
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0)
  })

  it('survive a reload between the mail and the code', async () => {
    const email = 'reload@example.com'
    const { page } = await newVisitor(browser, server.url)
    await fillSignUp(page, { email, password: 'a quiet walk at dawn' })
    const code = await server.nextCode(email)
    await page.reload()
    await expectHeading(page, 'Check your mail')
    await typeCode(page, code)
    await expectHeading(page, 'Your account')
  })

  it('take the token out of the address, the history and the storage, and send it nowhere', async () => {
    const email = 'token@example.com'
    const { context, page } = await newVisitor(browser, server.url)
    await signUp(server, page, { email, password: 'a quiet walk at dawn' })
    await page.goto('/reset')
    await page.getByLabel('E-mail address').fill(email)
    await page.keyboard.press('Enter')
    await expectHeading(page, 'Check your mail')
    const link = new URL(await server.nextLink(email))
    const token = new URLSearchParams(link.hash.slice(1)).get('token') ?? link.searchParams.get('token') ?? ''
    expect(token).not.toBe('')

    for (const address of [`/reset/confirm#token=${token}`, `/reset/confirm?token=${token}`]) {
      const fresh = await context.newPage()
      const requests: { readonly url: string; readonly referrer: string | undefined }[] = []
      fresh.on('request', (request) => requests.push({ url: request.url(), referrer: request.headers()['referer'] }))
      await fresh.goto(address)
      await expectHeading(fresh, 'Choose a new password')
      expect(pathOf(fresh)).toBe('/reset/confirm')
      expect(await fresh.evaluate(() => history.length)).toBe(2)
      const [document, ...rest] = requests
      expect(document?.url).toContain('/reset/confirm')
      expect(rest.length).toBeGreaterThan(1)
      expect(rest.filter(({ url }) => url.includes(token))).toEqual([])
      expect(rest.filter(({ referrer }) => (referrer ?? '') !== '')).toEqual([])
      expect(
        await fresh.evaluate(() =>
          JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage), history.state]),
        ),
      ).not.toContain(token)
      await fresh.close()
    }
  })

  it('say when a reset link was used or is no link at all', async () => {
    const { page } = await newVisitor(browser, server.url)
    await page.goto('/reset/confirm')
    await expectHeading(page, 'This link does not work any more')
    await page.goto('/reset/confirm#token=nonsense')
    await page.getByLabel('New password', { exact: true }).fill('two herons on the weir')
    await page.keyboard.press('Enter')
    await expectHeading(page, 'This link does not work any more')
  })
})
