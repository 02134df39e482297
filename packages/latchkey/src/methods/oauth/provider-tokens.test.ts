import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startForgingProvider, type ForgingProvider } from '../../../../../test/oidc/forging-provider.ts'
import {
  atLoopback,
  createOAuthJourney,
  redirectUriOf,
  type OAuthJourney,
} from '../../../../../test/oidc/oauth-journey.ts'
import { clientId, startRealProvider } from '../../../../../test/oidc/real-provider.ts'
import type { CredentialId } from '../../credential/credential.ts'
import { brand } from '../../platform/brand.ts'
import { hourMs, minuteMs, systemClock } from '../../platform/clock.ts'
import { createMemoryStorage } from '../../storage/memory/memory-storage.ts'
import { createFakeClock, type FakeClock } from '../../testing/fake-clock.ts'
import { createTestCore } from '../../testing/test-core.ts'
import { emailCode } from '../email-code/index.ts'
import { mergeTokens } from './provider-tokens.ts'
import { openTokens, sealTokens } from './sealed-tokens.ts'

let forger: ForgingProvider
let clock: FakeClock

beforeAll(async () => {
  forger = await startForgingProvider({ clientId, now: () => clock.now() })
})

beforeEach(() => {
  clock = createFakeClock(systemClock.now())
  forger.asked.splice(0)
})

afterAll(() => forger.close())

type Options = Partial<Parameters<typeof createOAuthJourney>[0]>

function journey(options: Options = {}, storage = createMemoryStorage({ clock })): OAuthJourney {
  return createOAuthJourney({
    providers: [atLoopback(forger.issuer)],
    storeTokens: true,
    methods: (social) => ({ clock, storage, methods: [emailCode(), social] }),
    ...options,
  })
}

/** Ada comes in with these tokens; her user id. */
async function arrive(test: OAuthJourney, tokens: Record<string, unknown>): Promise<string> {
  const browser = test.browser()
  const left = new URL(await test.leave(browser))
  const nonce = left.searchParams.get('nonce') ?? ''
  const token = await forger.idToken({ nonce, email: 'ada@example.com', email_verified: true })
  forger.token = () => ({ token_type: 'Bearer', id_token: token, ...tokens })
  const callback = new URL(redirectUriOf('acme'))
  callback.search = new URLSearchParams({
    state: left.searchParams.get('state') ?? '',
    code: 'c',
    iss: forger.issuer,
  }).toString()
  await test.comeBack(browser, callback)
  await test.auth.close()
  const { user } = (await browser.get('/session')).body as { readonly user: { readonly id: string } }
  return user.id
}

const first = { access_token: 'access 1', refresh_token: 'refresh 1', expires_in: 3_600, scope: 'openid calendar' }
const refreshes = (): number => forger.asked.filter((path) => path === '/token').length

describe("a provider's tokens", () => {
  it('are given to server code while they last', async () => {
    const test = journey()
    const id = await arrive(test, first)
    expect(await test.social.accessToken(id, 'acme')).toEqual({
      ok: true,
      accessToken: 'access 1',
      expiresAt: new Date(clock.now() + hourMs),
    })
  })

  it('are sealed at rest and never reach a browser', async () => {
    const storage = createMemoryStorage({ clock })
    const test = journey({}, storage)
    const id = await arrive(test, first)
    const user = await test.auth.users.find(id)
    const subject = await storage.findSubjectByEmail(user?.email as never)
    expect(JSON.stringify(subject)).not.toMatch(/access 1|refresh 1/)
    expect(subject?.credentials[0]?.secret).toMatch(/^[A-Za-z0-9_-]{40,}$/)
  })

  it('open in their own row alone', () => {
    const { keys } = createTestCore()
    const [own, other] = [brand<CredentialId>('own'), brand<CredentialId>('other')]
    const sealed = sealTokens(keys, own, { accessToken: 'a', refreshToken: null, expiresAt: null, scope: null })
    expect(openTokens(keys, own, sealed).tokens?.accessToken).toBe('a')
    expect(() => openTokens(keys, other, sealed)).toThrow('A sealed value does not open')
  })

  it('are not kept unless asked for', async () => {
    const test = journey({ storeTokens: false })
    const id = await arrive(test, first)
    expect(await test.social.accessToken(id, 'acme')).toEqual({ ok: false, reason: 'not_stored' })
    expect(await test.social.accessToken(id, 'google')).toEqual({ ok: false, reason: 'not_linked' })
    expect(await test.social.accessToken('nobody', 'acme')).toEqual({ ok: false, reason: 'not_linked' })
  })

  it('are renewed shortly before their end, and a new refresh token takes the place of the old', async () => {
    const test = journey()
    const id = await arrive(test, first)
    const forms: (string | null)[] = []
    let turn = 1
    forger.token = (form) => {
      forms.push(form.get('refresh_token'))
      turn += 1
      return {
        access_token: `access ${turn}`,
        refresh_token: `refresh ${turn}`,
        token_type: 'Bearer',
        expires_in: 3_600,
      }
    }
    await clock.advance(59 * minuteMs + 1)
    expect(await test.social.accessToken(id, 'acme')).toMatchObject({ accessToken: 'access 2' })
    await clock.advance(hourMs)
    expect(await test.social.accessToken(id, 'acme')).toMatchObject({ accessToken: 'access 3' })
    expect(forms).toEqual(['refresh 1', 'refresh 2'])
  })

  it('keep their refresh token when an answer brings none, also after another sign-in', async () => {
    const test = journey()
    const id = await arrive(test, first)
    await arrive(test, { access_token: 'access of the second sign-in', expires_in: 3_600 })
    expect(await test.social.accessToken(id, 'acme')).toMatchObject({ accessToken: 'access of the second sign-in' })
    const forms: (string | null)[] = []
    forger.token = (form) => {
      forms.push(form.get('refresh_token'))
      return { access_token: 'another', token_type: 'Bearer', expires_in: 60 }
    }
    for (let times = 0; times < 2; times++) {
      await clock.advance(hourMs)
      expect(await test.social.accessToken(id, 'acme')).toMatchObject({ ok: true })
    }
    expect(forms).toEqual(['refresh 1', 'refresh 1'])
    const old = { accessToken: 'a', refreshToken: 'r', expiresAt: 1, scope: 's' }
    expect(mergeTokens(old, { accessToken: 'b', refreshToken: null, expiresAt: null, scope: null })).toEqual({
      accessToken: 'b',
      refreshToken: 'r',
      expiresAt: null,
      scope: 's',
    })
  })

  it('are renewed once by any number of callers on two nodes', async () => {
    const storage = createMemoryStorage({ clock })
    const [one, two] = [journey({}, storage), journey({}, storage)]
    const id = await arrive(one, first)
    forger.asked.splice(0)
    forger.token = async () => {
      // Longer than the others wait between two looks.
      await new Promise((resolve) => setTimeout(resolve, 350))
      return { access_token: 'access 2', refresh_token: 'refresh 2', token_type: 'Bearer', expires_in: 3_600 }
    }
    await clock.advance(hourMs)
    const callers = Array.from({ length: 20 }, (_, index) =>
      (index % 2 === 0 ? one : two).social.accessToken(id, 'acme'),
    )
    const results = await Promise.all(callers)
    expect(new Set(results.map((result) => (result.ok ? result.accessToken : result.reason)))).toEqual(
      new Set(['access 2']),
    )
    expect(refreshes()).toBe(1)
  })

  it('survive a renewal that died: after a while somebody else renews', async () => {
    const test = journey()
    const id = await arrive(test, first)
    await clock.advance(hourMs)
    let answer: (() => void) | undefined
    forger.token = () => new Promise((resolve) => (answer = () => resolve({})))
    const dying = test.social.accessToken(id, 'acme')
    while (answer === undefined) await new Promise((resolve) => setTimeout(resolve, 5))
    forger.token = () => ({ access_token: 'access 2', token_type: 'Bearer', expires_in: 3_600 })
    await clock.advance(16_000)
    expect(await test.social.accessToken(id, 'acme')).toMatchObject({ accessToken: 'access 2' })
    answer()
    expect(await dying).toMatchObject({ ok: false })
    expect(await test.social.accessToken(id, 'acme')).toMatchObject({ accessToken: 'access 2' })
  })

  it('end when the provider ends them, and not when it is down', async () => {
    const test = journey()
    const id = await arrive(test, first)
    await clock.advance(hourMs)
    forger.token = () => ({ error: 'temporarily_unavailable' })
    expect(await test.social.accessToken(id, 'acme')).toEqual({ ok: false, reason: 'provider_unavailable' })
    forger.token = () => ({ error: 'invalid_grant' })
    expect(await test.social.accessToken(id, 'acme')).toEqual({ ok: false, reason: 'sign_in_again' })
    const asked = refreshes()
    expect(await test.social.accessToken(id, 'acme')).toEqual({ ok: false, reason: 'sign_in_again' })
    expect(refreshes()).toBe(asked)
    await arrive(test, { ...first, access_token: 'access 2' })
    expect(await test.social.accessToken(id, 'acme')).toMatchObject({ accessToken: 'access 2' })
  })

  it('are turned by a real provider', async () => {
    const acme = await startRealProvider([redirectUriOf('acme')])
    try {
      acme.person = { subject: 'ada', email: 'ada@example.com', emailVerified: true }
      const test = journey({ providers: [atLoopback(acme.issuer)] })
      const browser = test.browser()
      await test.signInAt(acme, browser)
      const { user } = (await browser.get('/session')).body as { readonly user: { readonly id: string } }
      const before = await test.social.accessToken(user.id, 'acme')
      await clock.advance(hourMs)
      const after = await test.social.accessToken(user.id, 'acme')
      expect([before.ok, after.ok]).toEqual([true, true])
      expect(after).not.toEqual(before)
    } finally {
      await acme.stop()
    }
  })
})
