import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath, launchChromium, newVisitor } from './chromium.ts'
import { startDevServer, type DevServer } from './server.ts'
import { expectHeading, pathOf, signUp, typeCode } from './steps.ts'

describe.skipIf(chromiumPath === undefined)('a link to the pages that somebody else made', () => {
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

  it('leads nobody away, though its attempt and its code are right', async () => {
    const email = 'eve@example.com'
    await signUp(server, (await newVisitor(browser, server.url)).page, { email, password: 'a quiet walk at dawn' })
    const elsewhere = server.url.replace('localhost', '127.0.0.1')
    for (const [index, redirectTo] of [`${elsewhere}/healthz`, `//127.0.0.1:${new URL(server.url).port}/`].entries()) {
      const { page } = await newVisitor(browser, server.url)
      // Not the sign-in page: its offer of passkeys would be given the same cookie at the same moment.
      await page.goto('/reset')
      const attempt = await page.evaluate(begin, { path: '/auth/sign-in/email-code', body: { email } })
      const fields = new URLSearchParams({ attempt, factors: 'email_code', redirectTo })
      await page.goto(`/code#${fields.toString()}`)
      await expectHeading(page, 'Check your mail')
      await typeCode(page, await server.nextCode(email, 2 + index))
      await expectHeading(page, 'Your account')
      expect([redirectTo, new URL(page.url()).origin, pathOf(page)]).toEqual([redirectTo, server.url, '/'])
    }
  })

  it('finishes nothing that the other began and handed on: no registration with a password that only the other knows', async () => {
    const email = 'victim@example.com'
    const thief = await newVisitor(browser, server.url)
    await thief.page.goto('/reset')
    // Token mode: an attempt that no cookie binds. The code goes to the mailbox of whoever follows the link.
    const body = { email, password: 'known to the thief alone', mode: 'token' }
    const attempt = await thief.page.evaluate(begin, { path: '/auth/sign-up', body })
    await server.nextCode(email)
    const { page } = await newVisitor(browser, server.url)
    for (const path of ['/code', '/sign-in/link']) {
      await page.goto(`${path}#${new URLSearchParams({ attempt, factors: 'email_code' }).toString()}`)
      await expectHeading(page, 'Please start again')
      expect(await page.getByLabel('6-digit code').count()).toBe(0)
    }
  })
})

/** In the page: begins something and gives its attempt. */
async function begin({ path, body }: { readonly path: string; readonly body: object }): Promise<string> {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) })
  return ((await answer.json()) as { readonly attempt: string }).attempt
}
