import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { appCode } from './app-codes.ts'
import type { DevServer } from './server.ts'

/** What people do, in the words of the pages. */
export async function fillSignUp(page: Page, input: { name?: string; email: string; password: string }): Promise<void> {
  await page.goto('/sign-up')
  if (input.name !== undefined) await page.getByLabel('Name').fill(input.name)
  await page.getByLabel('E-mail address').fill(input.email)
  await page.getByLabel('Password', { exact: true }).fill(input.password)
  await page.getByRole('button', { name: 'Create account' }).click()
  await expectHeading(page, 'Check your mail')
}

export async function signUp(
  server: DevServer,
  page: Page,
  input: { name?: string; email: string; password: string },
): Promise<void> {
  await fillSignUp(page, input)
  await typeCode(page, await server.nextCode(input.email))
  await expectHeading(page, input.name === undefined ? 'Your account' : `Hello, ${input.name}`)
}

export async function fillSignIn(page: Page, input: { email: string; password: string }): Promise<void> {
  await page.goto('/sign-in')
  await page.getByLabel('E-mail address').fill(input.email)
  await page.getByLabel('Password', { exact: true }).fill(input.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

/** The last digit sends it. */
export async function typeCode(page: Page, code: string): Promise<void> {
  await page.getByLabel('6-digit code').pressSequentially(code)
}

export async function expectHeading(page: Page, text: string): Promise<void> {
  await page.getByRole('heading', { level: 1, name: text, exact: true }).waitFor()
  expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1)
}

export async function deviceNames(page: Page): Promise<readonly string[]> {
  const items = page.getByRole('region', { name: 'Devices' }).getByRole('listitem')
  return (await items.allInnerTexts()).map((text) => text.split('\n')[0] ?? '')
}

/** Of the account that this browser is signed in to, asked of the server itself. */
export async function sessionStatus(page: Page): Promise<number> {
  return page.evaluate(async () => (await fetch('/auth/session')).status)
}

export function pathOf(page: Page): string {
  const { pathname, search, hash } = new URL(page.url())
  return pathname + search + hash
}

/** A section of the account page. */
export function section(page: Page, name: string): Locator {
  return page.getByRole('region', { name, exact: true })
}

/** Sets up an authenticator app and keeps the recovery codes; `spent` is the code that confirmed it. */
export async function setUpApp(
  page: Page,
): Promise<{ readonly secret: string; readonly spent: string; readonly recoveryCodes: readonly string[] }> {
  const app = section(page, 'Authenticator app')
  await app.getByRole('button', { name: 'Set up' }).click()
  await app.getByText('Cannot scan it?').click()
  const secret = (await app.locator('code').innerText()).replaceAll(' ', '')
  const spent = appCode(secret, 'previous')
  await app.getByLabel('6-digit code').fill(spent)
  const dialog = page.getByRole('dialog', { name: 'Keep these recovery codes' })
  await dialog.waitFor()
  const recoveryCodes = await dialog.getByRole('listitem').allInnerTexts()
  await dialog.getByLabel('I have saved them').check()
  await dialog.getByRole('button', { name: 'Done' }).click()
  await dialog.waitFor({ state: 'hidden' })
  return { secret, spent, recoveryCodes }
}

export async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Sign out', exact: true }).first().click()
  await expectHeading(page, 'Sign in')
}
