import { emailCode } from '../../packages/latchkey/src/methods/email-code/index.ts'
import { oauth, type OAuthMethod } from '../../packages/latchkey/src/methods/oauth/index.ts'
import type { OAuthOptions } from '../../packages/latchkey/src/methods/oauth/options.ts'
import type { Provider } from '../../packages/latchkey/src/methods/oauth/provider.ts'
import { oidc, type OidcOptions } from '../../packages/latchkey/src/methods/oauth/providers/oidc.ts'
import { password } from '../../packages/latchkey/src/methods/password/index.ts'
import { systemClock } from '../../packages/latchkey/src/platform/clock.ts'
import { createFakeClock } from '../../packages/latchkey/src/testing/fake-clock.ts'
import { createTestAuth, type TestAuth, type TestAuthOptions } from '../../packages/latchkey/src/testing/test-auth.ts'
import type { TestAnswer, TestBrowser } from '../../packages/latchkey/src/testing/test-browser.ts'
import { clientId, clientSecret, type RealProvider } from './real-provider.ts'

export function redirectUriOf(id: string): string {
  return `https://app.example.com/auth/sign-in/oauth/${id}/callback`
}

/** The registration of the tests at a provider on loopback. */
export function atLoopback(issuer: string, changes: Partial<OidcOptions> = {}): Provider {
  const unsafePrivateNetwork = { reason: 'the provider of tests runs on loopback' }
  return oidc({ id: 'acme', name: 'Acme', issuer, clientId, clientSecret, unsafePrivateNetwork, ...changes })
}

/** Where a browser was sent: the page, and what stands behind `#`. */
export interface Landing {
  readonly status: number
  readonly page: string
  readonly fields: Readonly<Record<string, string>>
  readonly answer: TestAnswer
}

export interface OAuthJourney extends TestAuth {
  readonly social: OAuthMethod
  /** Leaves for the provider; the address there. */
  leave(browser: TestBrowser, options?: { readonly provider?: string; readonly redirectTo?: string }): Promise<string>
  /** Opens the address that the provider sent the browser to. */
  comeBack(browser: TestBrowser, callback: URL): Promise<Landing>
  /** There and back. */
  signInAt(provider: RealProvider, browser: TestBrowser, options?: { readonly redirectTo?: string }): Promise<Landing>
}

/** The whole engine with providers, by the machine's time: providers have a clock of their own. */
export function createOAuthJourney({
  methods,
  ...options
}: OAuthOptions & { readonly methods?: (social: OAuthMethod) => TestAuthOptions }): OAuthJourney {
  const social = oauth(options)
  const test = createTestAuth({
    clock: createFakeClock(systemClock.now()),
    methods: [password(), emailCode(), social],
    ...methods?.(social),
  })
  const leave: OAuthJourney['leave'] = async (browser, { provider = 'acme', redirectTo } = {}) => {
    const answer = await browser.post(`/sign-in/oauth/${provider}`, redirectTo === undefined ? {} : { redirectTo })
    if (answer.status !== 200) throw new Error(`not started: ${answer.status} ${answer.text}`)
    return String(answer.body['url'])
  }
  const comeBack: OAuthJourney['comeBack'] = async (browser, callback) =>
    landingOf(await browser.get(`${callback.pathname.slice('/auth'.length)}${callback.search}`))
  return {
    ...test,
    social,
    leave,
    comeBack,
    async signInAt(provider, browser, leaving) {
      return comeBack(browser, await provider.visit(await leave(browser, leaving)))
    },
  }
}

export function landingOf(answer: TestAnswer): Landing {
  const url = new URL(answer.headers.get('location') ?? 'about:blank', 'https://app.example.com')
  const fields = Object.fromEntries(new URLSearchParams(url.hash.slice(1)))
  return { status: answer.status, page: `${url.pathname}${url.search}`, fields, answer }
}
