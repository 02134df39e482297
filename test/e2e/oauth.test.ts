import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { appCode } from './app-codes.ts'
import { chromiumPath, launchChromium, newVisitor } from './chromium.ts'
import { startDevServer, type DevServer } from './server.ts'
import { expectHeading, pathOf, section, sessionStatus, setUpApp, signOut, signUp } from './steps.ts'

const password = 'a quiet walk at dawn'

describe.skipIf(chromiumPath === undefined)('another provider on the pages', () => {
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

  /** At the provider of development mode. */
  async function be(
    page: Page,
    who: { email: string; name?: string },
    answer: 'Sign in' | 'Deny' = 'Sign in',
  ): Promise<void> {
    await page.getByRole('heading', { name: 'Sign in with Latchkey Dev' }).waitFor()
    await page.getByLabel('Email').fill(who.email)
    await page.getByLabel('Name').fill(who.name ?? '')
    await page.getByRole('button', { name: answer }).click()
  }

  async function goToProvider(page: Page): Promise<void> {
    await page.goto('/sign-in')
    await page.getByRole('button', { name: 'Continue with Latchkey Dev' }).click()
  }

  it('makes an account for a stranger, and signs in again at once', async () => {
    const email = 'new@example.com'
    const { page, complaints } = await newVisitor(browser, server.url)
    await goToProvider(page)
    await be(page, { email, name: 'Ada' })
    await expectHeading(page, 'Hello, Ada')
    await section(page, 'Connected accounts').getByText('Latchkey Dev', { exact: true }).waitFor()
    await signOut(page)
    await goToProvider(page)
    await be(page, { email, name: 'Ada' })
    await expectHeading(page, 'Hello, Ada')
    expect(complaints()).toEqual([])
  })

  it('is connected to an account with its address by whoever proves the account, and never without', async () => {
    const email = 'known@example.com'
    const owner = await newVisitor(browser, server.url)
    await signUp(server, owner.page, { email, password, name: 'Jane' })

    const { page, complaints } = await newVisitor(browser, server.url)
    await goToProvider(page)
    await be(page, { email, name: 'Jane' })
    await expectHeading(page, 'Connect Latchkey Dev')
    // What is pending left the address bar.
    expect(pathOf(page)).toBe('/sign-in/link')
    expect(await sessionStatus(page)).toBe(401)
    await page.reload()
    await expectHeading(page, 'Connect Latchkey Dev')
    await page.getByRole('button', { name: 'Use your password' }).click()
    await page.getByLabel('Password', { exact: true }).fill('not this one at all')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').getByText('This is not your password.').waitFor()
    await page.getByLabel('Password', { exact: true }).fill(password)
    await page.keyboard.press('Enter')
    // A password on a device that nobody knows is followed by a mailed code, here as everywhere.
    await page.getByRole('heading', { level: 2, name: 'Check your mail' }).waitFor()
    await page.getByLabel('6-digit code').fill(await server.nextCode(email, 3))
    await expectHeading(page, 'Hello, Jane')
    await section(page, 'Connected accounts').getByText('Latchkey Dev', { exact: true }).waitFor()
    expect(complaints().filter((line) => !/^401 \/auth\/(session|sign-in\/factor\/password)$/.test(line))).toEqual([])
  })

  it('asks for the second factor of whoever has one', async () => {
    const email = 'provider-and-app@example.com'
    const { page } = await newVisitor(browser, server.url)
    await goToProvider(page)
    await be(page, { email, name: 'Grace' })
    await expectHeading(page, 'Hello, Grace')
    const { secret } = await setUpApp(page)
    await signOut(page)
    await goToProvider(page)
    await be(page, { email, name: 'Grace' })
    await expectHeading(page, 'Enter your app’s code')
    expect(pathOf(page)).toBe('/code')
    expect(await sessionStatus(page)).toBe(401)
    await page.getByLabel('6-digit code').fill(appCode(secret, 'present'))
    await expectHeading(page, 'Hello, Grace')
  })

  it('is connected in the account after the person has seen whose it is, and disconnected again', async () => {
    const { page, complaints } = await newVisitor(browser, server.url)
    await signUp(server, page, { email: 'link@example.com', password })
    await section(page, 'Connected accounts').getByRole('button', { name: 'Connect Latchkey Dev' }).click()
    await be(page, { email: 'elsewhere@example.org', name: 'Jane Elsewhere' })
    await expectHeading(page, 'Connect Latchkey Dev?')
    expect(pathOf(page)).toBe('/identities/confirm')
    await page.getByText('Jane Elsewhere').waitFor()
    await page.getByText('elsewhere@example.org').waitFor()
    await page.getByRole('button', { name: 'Connect', exact: true }).click()
    await expectHeading(page, 'Your account')
    await page.getByText('Connected. You can sign in with it').waitFor()
    const connected = section(page, 'Connected accounts')
    await connected.getByText('elsewhere@example.org').waitFor()
    await connected.getByRole('button', { name: 'Disconnect Latchkey Dev' }).click()
    await connected.getByText('Latchkey Dev is disconnected.').waitFor()
    await connected.getByRole('button', { name: 'Connect Latchkey Dev' }).waitFor()
    expect(complaints()).toEqual([])
  })

  it('says it when the person said no, and when the account is connected elsewhere', async () => {
    const stranger = await newVisitor(browser, server.url)
    await goToProvider(stranger.page)
    await be(stranger.page, { email: 'no@example.com' }, 'Deny')
    await expectHeading(stranger.page, 'Sign in')
    await stranger.page.getByRole('alert').getByText('Latchkey Dev was not allowed to sign you in.').waitFor()
    expect(pathOf(stranger.page)).toBe('/sign-in')

    const first = await newVisitor(browser, server.url)
    await goToProvider(first.page)
    await be(first.page, { email: 'taken@example.com', name: 'First' })
    await expectHeading(first.page, 'Hello, First')
    const second = await newVisitor(browser, server.url)
    await signUp(server, second.page, { email: 'second@example.com', password })
    await section(second.page, 'Connected accounts').getByRole('button', { name: 'Connect Latchkey Dev' }).click()
    await be(second.page, { email: 'taken@example.com', name: 'First' })
    await expectHeading(second.page, 'Nothing was connected')
    await second.page.getByText('belongs to another account here').waitFor()
  })

  it('is not believed by an address that somebody made up', async () => {
    const { page } = await newVisitor(browser, server.url)
    await page.goto('/sign-in#error=%3Cb%3Eyou+won%3C%2Fb%3E&provider=constructor')
    await page.getByRole('alert').getByText('Signing in with constructor did not work.').waitFor()
    await page.goto('/code#attempt=made.up&factors=totp,nonsense&redirectTo=javascript:alert(1)')
    await page.getByLabel('6-digit code').fill('123456')
    await expectHeading(page, 'Please start again')
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0)
  })
})
