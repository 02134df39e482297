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
      // Token mode: an attempt that no cookie binds, so that it can be handed on together with its code.
      const started = await fetch(`${server.url}/auth/sign-in/email-code`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email, mode: 'token' }),
      })
      const { attempt } = (await started.json()) as { readonly attempt: string }
      const fields = new URLSearchParams({ attempt, factors: 'email_code', redirectTo })
      const { page } = await newVisitor(browser, server.url)
      await page.goto(`/code#${fields.toString()}`)
      await expectHeading(page, 'Check your mail')
      await typeCode(page, await server.nextCode(email, 2 + index))
      // Nobody is signed in by it either: there is no cookie.
      await page.waitForURL((url) => url.pathname !== '/code')
      expect([redirectTo, new URL(page.url()).origin]).toEqual([redirectTo, server.url])
      expect(pathOf(page)).toMatch(/^\/(sign-in)?$/)
    }
  })
})
