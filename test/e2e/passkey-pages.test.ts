import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath, launchChromium, newVisitor } from './chromium.ts'
import { startDevServer, type DevServer } from './server.ts'
import { expectHeading, fillSignIn, section, sessionStatus, signOut, signUp } from './steps.ts'
import { addVirtualAuthenticator } from './virtual-authenticator.ts'

const password = 'a quiet walk at dawn'

describe.skipIf(chromiumPath === undefined)('passkeys on the pages', () => {
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

  it('are added with a name, sign in by the button, are renamed, and removed', async () => {
    const { page, complaints } = await newVisitor(browser, server.url)
    await withoutOffers(page)
    await addVirtualAuthenticator(page)
    await signUp(server, page, { email: 'passkey@example.com', password })
    const passkeys = section(page, 'Passkeys')
    await passkeys.getByRole('button', { name: 'Add a passkey' }).click()
    await passkeys.getByLabel('Name').fill('Laptop')
    await passkeys.getByRole('button', { name: 'Create passkey' }).click()
    const dialog = page.getByRole('dialog', { name: 'Keep these recovery codes' })
    // The first second factor brings them.
    await dialog.getByLabel('I have saved them').check()
    await dialog.getByRole('button', { name: 'Done' }).click()
    await passkeys.getByText('“Laptop” is added.').waitFor()
    await passkeys.getByText('never used').waitFor()

    // The same authenticator has one already; and what may change an account wants it first.
    await passkeys.getByRole('button', { name: 'Add a passkey' }).click()
    await passkeys.getByRole('button', { name: 'Create passkey' }).click()
    await page.getByRole('dialog', { name: 'Use your passkey' }).getByRole('button', { name: 'Continue' }).click()
    await passkeys.getByRole('alert').getByText('has a passkey for your account already').waitFor()
    await passkeys.getByRole('button', { name: 'Cancel' }).click()

    await signOut(page)
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
    await expectHeading(page, 'Your account')
    await passkeys.getByText(/used (now|this minute|\d+ seconds? ago)/).waitFor()

    await passkeys.getByRole('button', { name: 'Edit Laptop' }).click()
    await passkeys.getByLabel('Name').fill('Old laptop')
    await passkeys.getByLabel('Second factor only').check()
    await passkeys.getByRole('button', { name: 'Save' }).click()
    await passkeys.getByText('Old laptop', { exact: true }).waitFor()
    await passkeys.getByText('Second factor only ·').waitFor()
    await passkeys.getByRole('button', { name: 'Remove Old laptop' }).click()
    await passkeys.getByText('“Old laptop” is removed.').waitFor()
    expect(await passkeys.getByRole('listitem').count()).toBe(0)
    expect(complaints()).toEqual(['403 /auth/passkeys/register/start'])
  })

  it('are offered by the browser in the address field, and sign in without a press of a button', async () => {
    const { page, complaints } = await newVisitor(browser, server.url)
    const authenticator = await addVirtualAuthenticator(page)
    await signUp(server, page, { email: 'autofill@example.com', password })
    const passkeys = section(page, 'Passkeys')
    await passkeys.getByRole('button', { name: 'Add a passkey' }).click()
    await passkeys.getByRole('button', { name: 'Create passkey' }).click()
    await page.getByRole('dialog').getByLabel('I have saved them').check()
    await page.getByRole('dialog').getByRole('button', { name: 'Done' }).click()
    await authenticator.setPresence(false)
    await signOut(page)
    expect(await page.getByLabel('E-mail address').getAttribute('autocomplete')).toBe('username webauthn')
    // Chosen from the list of the field, as far as the browser's own automation plays it.
    await authenticator.setPresence(true)
    await page.reload()
    await expectHeading(page, 'Your account')
    expect(complaints()).toEqual([])
  })

  it('stand beside a password, and can be declined for another way', async () => {
    const email = 'beside@example.com'
    const { page } = await newVisitor(browser, server.url)
    const authenticator = await addVirtualAuthenticator(page)
    await signUp(server, page, { email, password })
    const passkeys = section(page, 'Passkeys')
    await passkeys.getByRole('button', { name: 'Add a passkey' }).click()
    await passkeys.getByLabel('Second factor only').check()
    await passkeys.getByRole('button', { name: 'Create passkey' }).click()
    const dialog = page.getByRole('dialog', { name: 'Keep these recovery codes' })
    await dialog.waitFor()
    const [code = ''] = await dialog.getByRole('listitem').allInnerTexts()
    await dialog.getByLabel('I have saved them').check()
    await dialog.getByRole('button', { name: 'Done' }).click()
    await authenticator.setPresence(false)
    await signOut(page)

    await fillSignIn(page, { email, password })
    await expectHeading(page, 'Use your passkey')
    expect(await sessionStatus(page)).toBe(401)
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Continue with a passkey')
    await authenticator.setPresence(true)
    await page.keyboard.press('Enter')
    await expectHeading(page, 'Your account')

    await authenticator.setPresence(false)
    await signOut(page)
    await fillSignIn(page, { email, password })
    await page.getByRole('button', { name: 'Use a recovery code' }).click()
    await page.getByLabel('Recovery code').fill(code)
    await page.keyboard.press('Enter')
    await expectHeading(page, 'Your account')
  })

  it('take the place of a password from the first minute', async () => {
    const email = 'without@example.com'
    const { page } = await newVisitor(browser, server.url)
    await withoutOffers(page)
    await addVirtualAuthenticator(page)
    await page.goto('/sign-up')
    await page.getByRole('button', { name: 'Use a passkey instead' }).click()
    await page.getByText('Enter your e-mail address.').waitFor()
    await page.getByLabel('E-mail address').fill(email)
    await page.getByRole('button', { name: 'Use a passkey instead' }).click()
    await expectHeading(page, 'Check your mail')
    await page.getByLabel('6-digit code').fill(await server.nextCode(email))
    await expectHeading(page, 'Your account')
    await section(page, 'Password').getByText('You have none.').waitFor()
    await section(page, 'Passkeys').getByRole('listitem').waitFor()
    await signOut(page)
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
    await expectHeading(page, 'Your account')
  })
})

/** A browser that lists no passkeys in fields: the virtual authenticator would take the offer before anybody could press a button. */
async function withoutOffers(page: Page): Promise<void> {
  await page.addInitScript(() => {
    PublicKeyCredential.isConditionalMediationAvailable = () => Promise.resolve(false)
  })
}
