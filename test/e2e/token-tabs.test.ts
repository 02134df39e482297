import { readdir, readFile } from 'node:fs/promises'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type * as Latchkey from '../../packages/browser/src/index.ts'
import { chromiumPath, launchChromium, newVisitor } from './chromium.ts'
import { startDevServer, type DevServer } from './server.ts'
import { signUp } from './steps.ts'

/** In the page. */
declare const client: Latchkey.Client

const built = new URL('../../packages/browser/dist/', import.meta.url)
const password = 'a quiet walk at dawn'

/** An application's page of the same origin that keeps its tokens where its tabs share them. */
const application = `<!doctype html><title>Application</title><script type="module">
import { createClient } from '/client/index.js'
globalThis.client = createClient({
  baseUrl: '/auth',
  mode: 'token',
  tokenStorage: {
    read: () => localStorage.getItem('tokens'),
    write: (text) => localStorage.setItem('tokens', text),
  },
})
</script>`

describe.skipIf(chromiumPath === undefined)('token mode in two tabs of Chromium', () => {
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

  async function twoTabs(
    email: string,
  ): Promise<{ context: BrowserContext; tabs: readonly [Page, Page]; turns: () => number }> {
    const owner = await newVisitor(browser, server.url)
    await signUp(server, owner.page, { email, password })
    await owner.context.close()
    const { context, page: first } = await newVisitor(browser, server.url)
    await context.route('**/application', (route) => route.fulfill({ contentType: 'text/html', body: application }))
    for (const file of (await readdir(built)).filter((name) => name.endsWith('.js'))) {
      const body = await readFile(new URL(file, built), 'utf8')
      await context.route(`**/client/${file}`, (route) => route.fulfill({ contentType: 'text/javascript', body }))
    }
    let turned = 0
    context.on('request', (request) => {
      if (request.url().endsWith('/auth/session/refresh')) turned += 1
    })
    const second = await context.newPage()
    for (const page of [first, second]) {
      await page.goto('/application')
      await page.waitForFunction(() => typeof client === 'object')
    }
    const attempt = await first.evaluate(
      (input) =>
        client.signInWithPassword(input).then((result) => (result.ok && 'attempt' in result ? result.attempt : '')),
      { email, password },
    )
    const code = await server.nextCode(email, 2)
    await first.evaluate((input) => client.finishEmailCode(input), { attempt, code })
    return { context, tabs: [first, second], turns: () => turned }
  }

  /** As after a quarter of an hour. Browsers show a tab with some delay what another one wrote. */
  async function expire(tabs: readonly [Page, Page]): Promise<void> {
    const texts = (): Promise<readonly (string | null)[]> =>
      Promise.all(tabs.map((page) => page.evaluate(() => localStorage.getItem('tokens'))))
    const areSame = async (): Promise<boolean> => new Set(await texts()).size === 1
    await expect.poll(areSame).toBe(true)
    await tabs[0].evaluate(() => {
      const kept = JSON.parse(localStorage.getItem('tokens') ?? '{}') as { held: { expiresAt: number } }
      localStorage.setItem('tokens', JSON.stringify({ held: { ...kept.held, expiresAt: 0 } }))
    })
    await expect.poll(areSame).toBe(true)
  }

  function askTwenty(page: Page): Promise<readonly boolean[]> {
    return page.evaluate(() =>
      Promise.all(
        Array.from({ length: 20 }, (_, call) => (call % 2 === 0 ? client.sessions() : client.factors())),
      ).then((results) => results.map(({ ok }) => ok)),
    )
  }

  const allGood = Array.from({ length: 20 }, () => true)

  it('turns the tokens once for forty calls of both', async () => {
    const { tabs, turns, context } = await twoTabs('tabs@example.com')
    for (let round = 1; round <= 10; round += 1) {
      await expire(tabs)
      expect(await Promise.all(tabs.map(askTwenty))).toEqual([allGood, allGood])
      expect(turns()).toBe(round)
    }
    // In the header alone: no cookie carries a session.
    expect((await context.cookies()).map(({ name }) => name)).toEqual([])
  })

  it('keeps both signed in where the browser has no locks and no channels: the server gives one successor', async () => {
    const { tabs, turns, context } = await twoTabs('no-locks@example.com')
    await context.addInitScript(() => {
      Object.defineProperty(navigator, 'locks', { value: undefined })
      Object.defineProperty(globalThis, 'BroadcastChannel', { value: undefined })
    })
    for (const page of tabs) {
      await page.reload()
      await page.waitForFunction(() => typeof client === 'object')
    }
    for (let round = 1; round <= 5; round += 1) {
      await expire(tabs)
      expect(await Promise.all(tabs.map(askTwenty))).toEqual([allGood, allGood])
    }
    expect(turns()).toBeGreaterThanOrEqual(5)
    expect(turns()).toBeLessThanOrEqual(10)
  })

  it('tells the other tab of a sign-out, which then has no token', async () => {
    const { tabs } = await twoTabs('sign-out@example.com')
    await tabs[1].evaluate(() => {
      Object.assign(globalThis, { heard: [] })
      client.onSessionChange((change) => (globalThis as unknown as { heard: string[] }).heard.push(change))
    })
    expect(await tabs[0].evaluate(() => client.signOut())).toEqual({ ok: true })
    await expect
      .poll(() => tabs[1].evaluate(() => (globalThis as unknown as { heard: string[] }).heard))
      .toEqual(['signed_out'])
    expect(await tabs[1].evaluate(() => client.accessToken())).toBe(null)
    expect(await tabs[1].evaluate(() => client.session().then((result) => result.ok))).toBe(false)
  })
})
