import { readFile } from 'node:fs/promises'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { appCode } from './app-codes.ts'
import { chromiumPath, launchChromium, newVisitor, userAgents } from './chromium.ts'
import { startDevServer, type DevServer } from './server.ts'
import { expectHeading, fillSignIn, section, sessionStatus, setUpApp, signOut, signUp } from './steps.ts'

const password = 'a quiet walk at dawn'

describe.skipIf(chromiumPath === undefined)('an authenticator app on the pages', () => {
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

  it('is set up by its QR code, asked for at sign-in, and a recovery code stands in for it once', async () => {
    const email = 'app@example.com'
    const { page, complaints } = await newVisitor(browser, server.url)
    await signUp(server, page, { email, password })
    const app = section(page, 'Authenticator app')
    await app.getByRole('button', { name: 'Set up' }).click()
    // Drawn, under a policy that lets no image come from a data address.
    const drawn = await app.getByRole('img', { name: /^QR code/ }).evaluate(async (canvas: HTMLCanvasElement) => {
      const deadline = Date.now() + 5_000
      while (canvas.width < 200 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20))
      const pixels = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? []
      return new Set(Array.from(pixels).filter((_value, index) => index % 4 === 0)).size
    })
    expect(drawn).toBe(2)
    await app.getByRole('button', { name: 'Cancel' }).click()
    expect(complaints()).toEqual([])

    const { secret, spent, recoveryCodes } = await setUpApp(page)
    expect(recoveryCodes).toHaveLength(10)
    await app.getByText('From now on signing in asks').waitFor()
    await section(page, 'Recovery codes').getByText('10 left').waitFor()
    expect(complaints()).toEqual([])
    await signOut(page)

    await fillSignIn(page, { email, password })
    await expectHeading(page, 'Enter your app’s code')
    await page.getByLabel('6-digit code').fill(spent)
    // The step that confirmed the app is spent.
    await page.getByRole('alert').getByText('Take the one that the app shows now.').waitFor()
    await page.getByLabel('6-digit code').fill(appCode(secret, 'present'))
    await expectHeading(page, 'Your account')
    await signOut(page)

    const [code = ''] = recoveryCodes
    await fillSignIn(page, { email, password })
    await page.getByRole('button', { name: 'Use a recovery code' }).click()
    await expectHeading(page, 'Use a recovery code')
    // As read from paper.
    await page.getByLabel('Recovery code').fill(code.toUpperCase().replace('-', ' '))
    await page.keyboard.press('Enter')
    await expectHeading(page, 'Your account')
    await section(page, 'Recovery codes').getByText('9 left').waitFor()
    await signOut(page)

    await fillSignIn(page, { email, password })
    await page.getByRole('button', { name: 'Use a recovery code' }).click()
    await page.getByLabel('Recovery code').fill(code)
    await page.keyboard.press('Enter')
    await page.getByRole('alert').getByText('none of your codes, or it was used already').waitFor()
    expect(await sessionStatus(page)).toBe(401)
  })

  it('is asked for after a mailed code too', async () => {
    const email = 'mail-and-app@example.com'
    const { page } = await newVisitor(browser, server.url)
    await signUp(server, page, { email, password })
    const { secret } = await setUpApp(page)
    await signOut(page)
    await page.getByLabel('E-mail address').fill(email)
    await page.getByRole('button', { name: 'E-mail me a code' }).click()
    await expectHeading(page, 'Check your mail')
    await page.getByLabel('6-digit code').fill(await server.nextCode(email, 2))
    await expectHeading(page, 'Enter your app’s code')
    expect(await sessionStatus(page)).toBe(401)
    await page.getByLabel('6-digit code').fill(appCode(secret, 'present'))
    await expectHeading(page, 'Your account')
  })

  it('is asked for in a dialog by a session of before, and what was asked for goes on by itself', async () => {
    const email = 'step-up@example.com'
    const there = await newVisitor(browser, server.url, { userAgent: userAgents.safariOnPhone })
    await signUp(server, there.page, { email, password })
    const here = await newVisitor(browser, server.url)
    await fillSignIn(here.page, { email, password })
    await here.page.getByLabel('6-digit code').fill(await server.nextCode(email, 2))
    await expectHeading(here.page, 'Your account')
    const { secret } = await setUpApp(here.page)

    const { page } = there
    await page.reload()
    await section(page, 'Authenticator app').getByRole('button', { name: 'Remove authenticator app' }).click()
    const dialog = page.getByRole('dialog', { name: 'Enter your app’s code' })
    await dialog.waitFor()
    // Closed without an answer, nothing happens and nobody is blamed.
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
    await section(page, 'Authenticator app').getByText('Signing in asks for its code.').waitFor()
    expect((await page.getByRole('alert').allInnerTexts()).join('')).toBe('')

    await section(page, 'Authenticator app').getByRole('button', { name: 'Remove authenticator app' }).click()
    await dialog.getByLabel('6-digit code').fill('000000')
    await dialog.getByRole('alert').getByText('Take the one that the app shows now.').waitFor()
    await dialog.getByLabel('6-digit code').fill(appCode(secret, 'next'))
    await page.getByText('The authenticator app is removed.').waitFor()
    await section(page, 'Authenticator app').getByRole('button', { name: 'Set up' }).waitFor()
    expect(await page.getByRole('region', { name: 'Recovery codes' }).count()).toBe(0)
    // The removal ended the other session, and this one goes on under a new secret.
    expect(await sessionStatus(page)).toBe(200)
    expect(await sessionStatus(here.page)).toBe(401)
  })

  it('gives recovery codes to copy, to keep as a file and to print, and asks before it hides them', async () => {
    const email = 'codes@example.com'
    const { page } = await newVisitor(browser, server.url, { permissions: ['clipboard-read', 'clipboard-write'] })
    await signUp(server, page, { email, password })
    const { recoveryCodes: first } = await setUpApp(page)
    await section(page, 'Recovery codes').getByRole('button', { name: 'Make new codes' }).click()
    const dialog = page.getByRole('dialog', { name: 'Keep these recovery codes' })
    await dialog.waitFor()
    const codes = await dialog.getByRole('listitem').allInnerTexts()
    expect(codes).toHaveLength(10)
    expect(codes.filter((code) => first.includes(code))).toEqual([])

    await dialog.getByRole('button', { name: 'Copy' }).click()
    await dialog.getByRole('button', { name: 'Copied' }).waitFor()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(codes.join('\n'))

    const downloading = page.waitForEvent('download')
    await dialog.getByRole('button', { name: 'Download' }).click()
    const download = await downloading
    expect(download.suggestedFilename()).toBe('latchkey-recovery-codes.txt')
    const file = await readFile(await download.path(), 'utf8')
    expect(codes.filter((code) => !file.includes(code))).toEqual([])

    await page.evaluate(() => {
      Object.assign(globalThis, { printed: 0, print: () => Object.assign(globalThis, { printed: 1 }) })
    })
    await dialog.getByRole('button', { name: 'Print' }).click()
    expect(await page.evaluate(() => (globalThis as unknown as { printed: number }).printed)).toBe(1)
    await page.emulateMedia({ media: 'print' })
    const isShown = (text: string): Promise<boolean> => page.getByText(text).first().isVisible()
    expect([
      await isShown(codes[0] ?? ''),
      await isShown('Keep these recovery codes'),
      await isShown('I have saved them'),
      await isShown('Where you are signed in'),
    ]).toEqual([true, true, false, false])
    // One sheet: the document is no longer than the dialog.
    expect(await page.evaluate(() => document.documentElement.scrollHeight <= innerHeight)).toBe(true)
    await page.emulateMedia({ media: 'screen' })

    for (const close of ['Escape', 'Escape', 'Escape']) await page.keyboard.press(close)
    await dialog.getByText('Save them first').waitFor()
    expect(await dialog.getByRole('listitem').count()).toBe(10)
    await dialog.getByLabel('I have saved them').check()
    await dialog.getByRole('button', { name: 'Done' }).click()
    await section(page, 'Recovery codes').getByText('10 left').waitFor()
    expect(await dialog.count()).toBe(0)
  })
})
