import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startForgingProvider, type ForgingProvider } from '../../../../../test/oidc/forging-provider.ts'
import { atLoopback, createOAuthJourney, landingOf, redirectUriOf } from '../../../../../test/oidc/oauth-journey.ts'
import type { Landing, OAuthJourney } from '../../../../../test/oidc/oauth-journey.ts'
import { clientId, startRealProvider, type RealProvider } from '../../../../../test/oidc/real-provider.ts'
import { minuteMs, systemClock } from '../../platform/clock.ts'
import { createMemoryStorage } from '../../storage/memory/memory-storage.ts'
import { createFakeClock } from '../../testing/fake-clock.ts'
import { costOf, observeStorage } from '../../testing/observed-storage.ts'
import { testPassword } from '../../testing/test-auth.ts'
import type { TestBrowser } from '../../testing/test-browser.ts'
import { enrolTestTotp } from '../../testing/test-totp.ts'
import { emailCode } from '../email-code/index.ts'
import { password } from '../password/index.ts'
import { recoveryCode } from '../recovery-code/index.ts'
import { totp } from '../totp/index.ts'

const ada = { subject: 'ada-at-acme', email: 'ada@example.com', emailVerified: true, name: 'Ada' }
const eve = { subject: 'eve-at-acme', email: 'eve@example.com', emailVerified: true, name: 'Eve' }
const attemptCookie = '__Host-latchkey-attempt'

let acme: RealProvider
let forger: ForgingProvider

beforeAll(async () => {
  acme = await startRealProvider([redirectUriOf('acme'), redirectUriOf('other')])
  forger = await startForgingProvider({ clientId, now: systemClock.now })
})

beforeEach(() => {
  acme.person = ada
})

afterAll(async () => {
  await acme.stop()
  await forger.close()
})

type Options = Partial<Parameters<typeof createOAuthJourney>[0]>
const journey = (options: Options = {}): OAuthJourney =>
  createOAuthJourney({ providers: [atLoopback(acme.issuer)], ...options })

const isSignedIn = async (browser: TestBrowser): Promise<boolean> => (await browser.get('/session')).status === 200
const lastEvent = async (test: OAuthJourney): Promise<string | undefined> => (await test.events()).at(-1)
const outcomeOf = ({ status, page, fields }: Landing): string => `${status} ${page} ${fields['error']}`

describe('a callback', () => {
  it('signs in once, however often it is opened, one after the other or at once', async () => {
    const test = journey()
    const browser = test.browser()
    const callback = await acme.visit(await test.leave(browser))
    const { cookies } = browser
    const tabs = Array.from({ length: 10 }, () => {
      const tab = test.browser()
      for (const [name, value] of cookies) tab.cookies.set(name, value)
      return tab
    })
    const landings = await Promise.all(tabs.map((tab) => test.comeBack(tab, callback)))
    expect(landings.filter(({ page }) => page === '/')).toHaveLength(1)
    expect(new Set(landings.map(outcomeOf))).toEqual(new Set(['303 / undefined', '303 /sign-in attempt_over']))
    expect(outcomeOf(await test.comeBack(browser, callback))).toBe('303 /sign-in attempt_over')
    expect((await test.events()).filter((event) => event === 'login.success')).toHaveLength(1)
  })

  it("does nothing in another browser, and does not spend the state there (login CSRF with the attacker's code)", async () => {
    const test = journey()
    const attacker = test.browser()
    const callback = await acme.visit(await test.leave(attacker))
    const victim = test.browser()
    await test.leave(victim)
    for (const browser of [victim, test.browser()]) {
      expect(outcomeOf(await test.comeBack(browser, callback))).toBe('303 /sign-in attempt_over')
      expect(await isSignedIn(browser)).toBe(false)
    }
    expect(await lastEvent(test)).toBe('oauth.failed unknown')
    expect((await test.comeBack(attacker, callback)).page).toBe('/')
  })

  it('is over after ten minutes', async () => {
    const test = journey()
    const browser = test.browser()
    const callback = await acme.visit(await test.leave(browser))
    await test.clock.advance(10 * minuteMs)
    expect(outcomeOf(await test.comeBack(browser, callback))).toBe('303 /sign-in attempt_over')
    expect(await lastEvent(test)).toBe('oauth.failed expired')
  })

  it('is refused with a state that is missing, cut, changed, made up, or a handle of another purpose', async () => {
    const test = journey()
    await test.signUp(eve.email)
    const browser = test.browser()
    const signIn = await browser.post('/sign-in/email-code', { email: eve.email })
    const callback = await acme.visit(await test.leave(browser))
    const state = callback.searchParams.get('state') ?? ''
    const [id = '', secret = '', account = ''] = state.split('.')
    const states = ['', 'x', id, `${id}.${secret}`, `${id}.${secret}.${account.slice(1)}x`, `${state}.x`, `${state} `]
    states.push(state.slice(0, -1), `${id}.${secret.slice(0, -1)}A.${account}`, String(signIn.body['attempt']))
    for (const wrong of states) {
      const changed = new URL(callback)
      changed.searchParams.set('state', wrong)
      expect([wrong, outcomeOf(await test.comeBack(browser, changed))]).toEqual([wrong, '303 /sign-in attempt_over'])
    }
    const without = new URL(callback)
    without.searchParams.delete('state')
    expect(outcomeOf(await test.comeBack(browser, without))).toBe('303 /sign-in attempt_over')
    // And the state opens nothing else.
    const code = '123456'
    for (const path of [
      '/sign-in/factor/email-code',
      '/sign-in/factor/password',
      '/sign-in/factor/email-code/resend',
    ]) {
      const body = path.endsWith('resend') ? {} : path.endsWith('code') ? { code } : { password: testPassword }
      expect((await browser.post(path, { attempt: state, ...body })).body['code']).toBe('attempt_over')
    }
    expect((await test.comeBack(browser, callback)).page).toBe('/')
  })

  it('spends the state with any answer, so that a refused one is not followed by a better one', async () => {
    const test = journey()
    const browser = test.browser()
    const callback = await acme.visit(await test.leave(browser))
    const denied = new URL(callback)
    denied.searchParams.delete('code')
    denied.searchParams.set('error', 'access_denied')
    expect(outcomeOf(await test.comeBack(browser, denied))).toBe('303 /sign-in access_denied')
    expect(outcomeOf(await test.comeBack(browser, callback))).toBe('303 /sign-in attempt_over')
  })

  it('has no effect on HEAD', async () => {
    const test = journey()
    const browser = test.browser()
    const callback = await acme.visit(await test.leave(browser))
    const head = await test.auth.handle(
      new Request(callback, {
        method: 'HEAD',
        headers: { cookie: `${attemptCookie}=${browser.cookies.get(attemptCookie)}` },
      }),
    )
    expect([head.status, head.headers.get('allow')]).toEqual([405, 'GET, OPTIONS'])
    expect((await test.comeBack(browser, callback)).page).toBe('/')
  })

  it('refuses a parameter that comes twice, and repeats nothing of what it was sent', async () => {
    const test = journey()
    const browser = test.browser()
    const callback = await acme.visit(await test.leave(browser))
    const twice = await browser.get(`/sign-in/oauth/acme/callback${callback.search}&code=another`)
    expect([twice.status, twice.body['code']]).toEqual([400, 'malformed'])
    const script = '<script>alert(1)</script>'
    const query = new URLSearchParams({ state: script, error: script, error_description: script, iss: acme.issuer })
    const answer = await browser.get(`/sign-in/oauth/acme/callback?${query.toString()}`)
    expect(answer.headers.get('location')).toBe('https://app.example.com/sign-in#error=attempt_over&provider=acme')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer')
  })
})

describe('a mix-up of two providers (RFC 9700 section 4.4)', () => {
  const two = (): OAuthJourney =>
    journey({
      providers: [
        atLoopback(acme.issuer),
        atLoopback(acme.issuer, { id: 'other' }),
        atLoopback(forger.issuer, { id: 'evil' }),
      ],
    })

  it('a state of one provider is refused and spent at the address of another', async () => {
    const test = two()
    const browser = test.browser()
    const callback = await acme.visit(await test.leave(browser))
    const swapped = new URL(callback.href.replace('/oauth/acme/', '/oauth/other/'))
    expect(outcomeOf(await test.comeBack(browser, swapped))).toBe('303 /sign-in sign_in_failed')
    expect(await lastEvent(test)).toBe('oauth.failed other_provider')
    expect(outcomeOf(await test.comeBack(browser, callback))).toBe('303 /sign-in attempt_over')
  })

  it("an honest provider's code never reaches the evil one's token endpoint", async () => {
    const test = two()
    const browser = test.browser()
    // The evil provider sends the browser on to the honest one, under the state that it was given.
    const left = new URL(await test.leave(browser, { provider: 'evil' }))
    const honest = new URL(await test.leave(test.browser()))
    for (const name of ['state', 'code_challenge', 'nonce'])
      honest.searchParams.set(name, left.searchParams.get(name) ?? '')
    const callback = await acme.visit(honest.href)
    const asked = forger.asked.length
    const atEvil = new URL(callback.href.replace('/oauth/acme/', '/oauth/evil/'))
    expect(outcomeOf(await test.comeBack(browser, atEvil))).toBe('303 /sign-in sign_in_failed')
    expect(await lastEvent(test)).toBe('oauth.failed wrong_issuer')
    expect(forger.asked.slice(asked)).not.toContain('/token')
  })
})

describe('a provider that lies', () => {
  /** One sign-in whose ID token has these claims; the landing and the reason in the log. */
  async function lie(claims: (nonce: string) => Record<string, unknown>, strangersKey = false): Promise<string> {
    const test = journey({ providers: [atLoopback(forger.issuer)] })
    const browser = test.browser()
    const left = new URL(await test.leave(browser))
    const nonce = left.searchParams.get('nonce') ?? ''
    const person = { nonce, email: ada.email, email_verified: true }
    const token = await forger.idToken(
      { ...person, ...claims(nonce) },
      strangersKey ? { key: forger.strangersKey } : {},
    )
    forger.token = () => ({ access_token: 'the access token', token_type: 'Bearer', id_token: token })
    const callback = new URL(redirectUriOf('acme'))
    callback.searchParams.set('state', left.searchParams.get('state') ?? '')
    callback.searchParams.set('code', 'a code')
    callback.searchParams.set('iss', forger.issuer)
    const landed = await test.comeBack(browser, callback)
    expect(landed.answer.text + [...landed.answer.headers].join(' ')).not.toContain('the access token')
    return `${landed.page} ${landed.fields['error']}, ${await lastEvent(test)}, ${await isSignedIn(browser)}`
  }

  it('is believed when it does not', async () => {
    expect(await lie(() => ({}))).toBe('/ undefined, login.success, true')
  })

  it('about nonce, issuer, audience, times or signature signs nobody in', async () => {
    const failed = (reason: string): string => `/sign-in sign_in_failed, oauth.failed ${reason}, false`
    expect(await lie(() => ({ nonce: 'of another request' }))).toBe(failed('wrong_nonce'))
    expect(await lie(() => ({ iss: 'https://accounts.google.com' }))).toBe(failed('wrong_issuer'))
    expect(await lie(() => ({ aud: 'another application' }))).toBe(failed('wrong_audience'))
    expect(await lie(() => ({ exp: 1 }))).toBe(failed('token_expired'))
    expect(await lie(() => ({}), true)).toBe(failed('bad_signature'))
    expect(await lie(() => ({ sub: 'a b' }))).toBe(failed('no_subject'))
  })

  it('about no address at all is told apart, because the person can do something', async () => {
    forger.userInfo = { sub: 'ada' }
    expect(await lie(() => ({ email: undefined }))).toBe('/sign-in email_missing, oauth.failed email_missing, false')
    expect(await lie(() => ({ email: 'no address' }))).toBe('/sign-in email_missing, oauth.failed email_missing, false')
  })
})

describe('an address that somebody types at a provider', () => {
  it('leads into no account: not by a known identity, and not by an unknown one', async () => {
    const test = journey()
    const owner = await test.signUp(ada.email)
    acme.person = eve
    const attacker = test.browser()
    await test.signInAt(acme, attacker)
    // nOAuth: the same identity with another's address.
    acme.person = { ...eve, email: ada.email }
    const again = test.browser()
    expect((await test.signInAt(acme, again)).page).toBe('/')
    expect((await again.get('/session')).body).toMatchObject({ user: { email: eve.email } })
    for (const emailVerified of [true, false]) {
      acme.person = { subject: `fresh-${emailVerified}`, email: ada.email, emailVerified }
      const fresh = test.browser()
      await test.signInAt(acme, fresh)
      expect(await isSignedIn(fresh)).toBe(false)
    }
    expect((await owner.get('/identities')).body).toEqual({ identities: [] })
  })

  it('does not tell whether it has an account: answer, cookies, statements and mails are the same', async () => {
    acme.person = { ...ada, emailVerified: false }
    const seen: unknown[] = []
    for (const has of ['none', 'an account', 'a blocked account', 'an account, bound inside alone']) {
      const clock = createFakeClock(systemClock.now())
      const observed = observeStorage(createMemoryStorage({ clock }))
      const linking = has.endsWith('alone') ? 'never' : 'confirm'
      const test = journey({
        linking,
        methods: (social) => ({ clock, storage: observed.storage, methods: [password(), emailCode(), social] }),
      })
      if (has !== 'none') await test.signUp(ada.email)
      if (has.startsWith('a blocked')) {
        const user = await test.auth.users.findByEmail(ada.email)
        await test.auth.users.block(user?.id ?? '')
      }
      await test.auth.drainOutbox()
      const mails = test.mailbox.list().length
      const browser = test.browser()
      const callback = await acme.visit(await test.leave(browser))
      observed.forget()
      const { status, page, fields, answer } = await test.comeBack(browser, callback)
      const cost = costOf(observed.calls)
      await test.auth.drainOutbox()
      const cookie = answer.setCookies.map((line) => line.replace(/=[^;]+/, '='))
      const shape = { ...fields, attempt: fields['attempt']?.length }
      seen.push([status, page, shape, cookie, [...answer.headers.keys()], cost, test.mailbox.list().length - mails])
    }
    expect(seen.slice(1)).toEqual(seen.slice(1).map(() => seen[0]))
  })

  it('does not tell it later either: by how long the attempt lives, or by what takes its tries', async () => {
    acme.person = { ...ada, emailVerified: false }
    const body = { password: testPassword, code: '000000' }
    const uses: Readonly<
      Record<string, (test: OAuthJourney, browser: TestBrowser, attempt: unknown) => Promise<unknown>>
    > = {
      'an hour later': (test) => test.clock.advance(60 * minuteMs),
      'tried as a password': (_, browser, attempt) =>
        fiveTimes(browser, 'password', { attempt, password: body.password }),
      'tried as an app': (_, browser, attempt) => fiveTimes(browser, 'totp', { attempt, code: body.code }),
      'tried as a recovery code': (_, browser, attempt) =>
        fiveTimes(browser, 'recovery-code', { attempt, code: body.code }),
    }
    for (const [use, work] of Object.entries(uses)) {
      const seen: unknown[] = []
      for (const has of [false, true]) {
        const test = journey({
          methods: (social) => ({ methods: [password(), emailCode(), totp(), recoveryCode(), social] }),
        })
        if (has) await test.signUp(ada.email)
        const browser = test.browser()
        const { attempt } = (await test.signInAt(acme, browser)).fields
        const binding = browser.cookies.get(attemptCookie) ?? ''
        const worked = await work(test, browser, attempt)
        browser.cookies.set(attemptCookie, binding)
        const wrong = await browser.post('/sign-in/factor/email-code', { attempt, code: '000000' })
        const again = await browser.post('/sign-in/factor/email-code/resend', { attempt })
        seen.push([worked, wrong.text, again.text].map((text) => String(text).replace(/"requestId":"[^"]+"/g, '')))
      }
      expect([use, seen[1]]).toEqual([use, seen[0]])
    }

    async function fiveTimes(browser: TestBrowser, factor: string, given: object): Promise<string> {
      const texts: string[] = []
      for (let i = 0; i < 5; i++) texts.push((await browser.post(`/sign-in/factor/${factor}`, given)).text)
      return texts.join(' ')
    }
  })

  it('leads by a code to its account only where a code may, and to a blocked one never', async () => {
    acme.person = { ...ada, emailVerified: false }
    const closed: readonly Options[] = [
      { linking: 'never' },
      { methods: (social) => ({ methods: [password(), emailCode({ firstFactor: false }), social] }) },
      {},
    ]
    for (const [index, options] of closed.entries()) {
      const test = journey(options)
      await test.signUp(ada.email)
      const user = await test.auth.users.findByEmail(ada.email)
      if (index === 2) await test.auth.users.block(user?.id ?? '')
      await test.auth.drainOutbox()
      const codes = (): number => test.mailbox.list().filter(({ code }) => code !== undefined).length
      const before = codes()
      const landed = await test.signInAt(acme, test.browser())
      await test.auth.drainOutbox()
      expect([index, landed.page, codes() - before]).toEqual([index, '/code', 0])
      expect(test.mailbox.list()[0]?.subject).toContain('already have')
      const subject = await test.storage.findSubjectByEmail(user?.email as never)
      expect(subject?.credentials.map(({ method }) => method)).toEqual(['password'])
    }
  })

  it('does not keep what a stranger prepared: the owner gets the account, the stranger is out (pre-hijacking)', async () => {
    const test = journey()
    await test.auth.users.create({ email: ada.email, password: testPassword })
    const stranger = test.browser()
    const signIn = await stranger.post('/sign-in/password', { email: ada.email, password: testPassword })
    expect(signIn.body['status']).toBe('needs_factor')
    const owner = test.browser()
    const landed = await test.signInAt(acme, owner)
    expect([landed.page, landed.fields['factors']]).toEqual(['/sign-in/link', 'password,email_code'])
    const { attempt } = landed.fields
    const code = await test.codeFor(ada.email)
    expect((await owner.post('/sign-in/factor/email-code', { attempt, code })).body['status']).toBe('signed_in')
    expect((await owner.get('/identities')).body['identities']).toHaveLength(1)
    const again = await stranger.post('/sign-in/password', { email: ada.email, password: testPassword })
    expect(again.body['code']).toBe('invalid_credentials')
  })
})

describe('an enrolled second factor', () => {
  const withTotp = (): OAuthJourney =>
    journey({ methods: (social) => ({ methods: [password(), emailCode(), totp(), social] }) })

  it('is asked for on the way through a provider', async () => {
    const test = withTotp()
    const first = test.browser()
    await test.signInAt(acme, first)
    const app = await enrolTestTotp(test, first)
    const browser = test.browser()
    const landed = await test.signInAt(acme, browser, { redirectTo: '/shop' })
    expect([landed.page, landed.fields['factors'], landed.fields['redirectTo']]).toEqual([
      '/code',
      expect.stringContaining('totp') as string,
      '/shop',
    ])
    expect(await isSignedIn(browser)).toBe(false)
    const { attempt } = landed.fields
    const done = await browser.post('/sign-in/factor/totp', { attempt, code: await app.nextCode() })
    expect(done.body).toMatchObject({ status: 'signed_in', session: { aal: 2, amr: ['fed', 'otp'] } })
  })

  it('is asked for before an identity is bound', async () => {
    const test = withTotp()
    const owner = await test.signUp(ada.email)
    const app = await enrolTestTotp(test, owner)
    const browser = test.browser()
    const { attempt } = (await test.signInAt(acme, browser)).fields
    const code = await test.codeFor(ada.email)
    const half = await browser.post('/sign-in/factor/email-code', { attempt, code })
    expect(half.body['status']).toBe('needs_factor')
    expect((await owner.get('/identities')).body).toEqual({ identities: [] })
    const done = await browser.post('/sign-in/factor/totp', {
      attempt: half.body['attempt'],
      code: await app.nextCode(),
    })
    expect(done.body['status']).toBe('signed_in')
    expect((await owner.get('/identities')).body['identities']).toHaveLength(1)
  })
})

describe('a pending confirmation', () => {
  it('ends with a block, and its identity opens nothing while blocked', async () => {
    const test = journey()
    await test.signUp(ada.email)
    const user = await test.auth.users.findByEmail(ada.email)
    const browser = test.browser()
    const { attempt } = (await test.signInAt(acme, browser)).fields
    const code = await test.codeFor(ada.email)
    await test.auth.users.block(user?.id ?? '')
    expect((await browser.post('/sign-in/factor/email-code', { attempt, code })).body['code']).toBe('attempt_over')
    expect(outcomeOf(await test.signInAt(acme, test.browser()))).toBe('303 /sign-in sign_in_failed')
    expect(await lastEvent(test)).toBe('oauth.failed blocked')
  })

  it('is none for a known identity whose account is blocked: it is refused, and nobody learns why', async () => {
    const test = journey()
    await test.signInAt(acme, test.browser())
    const user = await test.auth.users.findByEmail(ada.email)
    await test.auth.users.block(user?.id ?? '')
    expect(outcomeOf(await test.signInAt(acme, test.browser()))).toBe('303 /sign-in sign_in_failed')
    expect(await lastEvent(test)).toBe('oauth.failed blocked')
  })

  it('is of one browser, one time, and no guess more than another attempt has', async () => {
    const test = journey()
    await test.signUp(ada.email)
    const browser = test.browser()
    const { attempt } = (await test.signInAt(acme, browser)).fields
    const code = await test.codeFor(ada.email)
    const other = await test.browser().post('/sign-in/factor/email-code', { attempt, code })
    expect(other.body['code']).toBe('attempt_over')
    const both = await Promise.all([1, 2].map(() => browser.post('/sign-in/factor/email-code', { attempt, code })))
    expect(both.filter(({ body }) => body['status'] === 'signed_in')).toHaveLength(1)

    const guesser = test.browser()
    const guessed = (await test.signInAt(acme, guesser)).page
    expect(guessed).toBe('/')
  })

  it('binds nothing when the identity was bound elsewhere meanwhile', async () => {
    const test = journey()
    await test.signUp(ada.email)
    const [first, second] = [test.browser(), test.browser()]
    const one = (await test.signInAt(acme, first)).fields['attempt']
    const firstCode = await test.codeFor(ada.email)
    const two = (await test.signInAt(acme, second)).fields['attempt']
    const secondCode = await test.codeFor(ada.email)
    const won = await first.post('/sign-in/factor/email-code', { attempt: one, code: firstCode })
    const lost = await second.post('/sign-in/factor/email-code', { attempt: two, code: secondCode })
    expect([won.body['status'], lost.body['code']]).toEqual(['signed_in', 'attempt_over'])
    expect((await first.get('/identities')).body['identities']).toHaveLength(1)
  })
})

describe('binding an identity in the account', () => {
  const propose = async (test: OAuthJourney, browser: TestBrowser): Promise<string> => {
    const left = await browser.post('/identities/acme/link', {})
    const landed = await test.comeBack(browser, await acme.visit(String(left.body['url'])))
    return landed.fields['attempt'] ?? ''
  }
  const confirm = async (browser: TestBrowser, attempt: string): Promise<unknown> => {
    const answer = await browser.post('/identities/confirm', { attempt })
    return answer.status === 200 ? 200 : answer.body['code']
  }

  it('is confirmed only by the session and the browser that began it, in time, once', async () => {
    const test = journey()
    const browser = await test.signUp(eve.email)
    const victim = await test.signUp('victim@example.com')
    const attempt = await propose(test, browser)
    // Another person who is lured into confirming, with and without the cookie of the attempt.
    expect(await confirm(victim, attempt)).toBe('attempt_over')
    victim.cookies.set(attemptCookie, browser.cookies.get(attemptCookie) ?? '')
    expect(await confirm(victim, attempt)).toBe('attempt_over')
    // The same person in another session.
    const elsewhere = test.browser()
    await test.signIn(elsewhere, eve.email)
    elsewhere.cookies.set(attemptCookie, browser.cookies.get(attemptCookie) ?? '')
    expect(await confirm(elsewhere, attempt)).toBe('attempt_over')
    expect(await confirm(test.browser(), attempt)).toBe('unauthenticated')
    expect((await test.events()).filter((event) => event.startsWith('identity.'))).toEqual(
      Array.from({ length: 3 }, () => 'identity.link_refused attempt_over'),
    )
    const both = await Promise.all([confirm(browser, attempt), confirm(browser, attempt)])
    expect(both.toSorted((a) => (a === 200 ? -1 : 1))).toEqual([200, 'attempt_over'])
    expect((await victim.get('/identities')).body).toEqual({ identities: [] })
  })

  it('is over after ten minutes, after signing out, and with a state or an attempt of another purpose', async () => {
    const test = journey()
    const browser = await test.signUp(eve.email)
    const late = await propose(test, browser)
    await test.clock.advance(10 * minuteMs)
    expect(await confirm(browser, late)).toBe('attempt_over')
    const left = String((await browser.post('/identities/acme/link', {})).body['url'])
    const state = new URL(left).searchParams.get('state') ?? ''
    expect(await confirm(browser, state)).toBe('attempt_over')
    const attempt = await propose(test, browser)
    expect((await browser.post('/sign-in/factor/email-code', { attempt, code: '123456' })).body['code']).toBe(
      'attempt_over',
    )
    await browser.delete('/session')
    expect(await confirm(browser, attempt)).toBe('unauthenticated')
  })

  it("cannot be finished with the attacker's identity in the victim's browser", async () => {
    const test = journey()
    const victim = await test.signUp(ada.email)
    const attacker = await test.signUp(eve.email)
    acme.person = eve
    const left = await attacker.post('/identities/acme/link', {})
    const callback = await acme.visit(String(left.body['url']))
    expect(outcomeOf(await test.comeBack(victim, callback))).toBe('303 /sign-in attempt_over')
    expect((await victim.get('/identities')).body).toEqual({ identities: [] })
  })

  it('wants a recent sign-in, and so does removing one', async () => {
    const test = journey()
    const browser = test.browser()
    await test.signInAt(acme, browser)
    const [identity] = (await browser.get('/identities')).body['identities'] as readonly { readonly id: string }[]
    await test.clock.advance(16 * minuteMs)
    const answers = [
      await browser.post('/identities/acme/link', {}),
      await browser.post('/identities/confirm', { attempt: 'x' }),
      await browser.delete(`/identities/${identity?.id}`),
    ]
    expect(answers.map(({ body }) => body['code'])).toEqual(['fresh_required', 'fresh_required', 'fresh_required'])
  })

  it("never touches another's identity", async () => {
    const test = journey()
    const owner = test.browser()
    await test.signInAt(acme, owner)
    const [identity] = (await owner.get('/identities')).body['identities'] as readonly { readonly id: string }[]
    const thief = await test.signUp(eve.email)
    for (const id of [identity?.id, 'x', '', '../x', test.auth.routes[0]?.id])
      expect((await thief.delete(`/identities/${encodeURIComponent(id ?? '')}`)).status).toBe(404)
    expect((await owner.get('/identities')).body['identities']).toHaveLength(1)
  })
})

describe('leaving for a provider', () => {
  it('is refused from another site and past its limit', async () => {
    const test = journey({
      methods: (social) => ({
        methods: [password(), emailCode(), social],
        limits: { ceremonyPerNetwork: { limit: 2, windowMs: minuteMs } },
      }),
    })
    const browser = test.browser()
    const cross = await browser.post(
      '/sign-in/oauth/acme',
      {},
      { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    )
    expect(cross.body['code']).toBe('csrf')
    const statuses = []
    for (let times = 0; times < 3; times++) statuses.push((await browser.post('/sign-in/oauth/acme', {})).status)
    expect(statuses).toEqual([200, 200, 429])
    expect(await lastEvent(test)).toBe('oauth.failed over_limit')
  })

  it('counts failures: who comes back has not used anything up', async () => {
    const test = journey({
      methods: (social) => ({
        methods: [password(), emailCode(), social],
        limits: { ceremonyPerNetwork: { limit: 2, windowMs: 60 * minuteMs } },
      }),
    })
    const browser = test.browser()
    for (let times = 0; times < 6; times++) expect((await test.signInAt(acme, browser)).page).toBe('/')
  })

  it('keeps two tabs of one browser apart and alive', async () => {
    const test = journey()
    const browser = test.browser()
    const [first, second] = [await test.leave(browser), await test.leave(browser)]
    expect((await test.comeBack(browser, await acme.visit(first))).page).toBe('/')
    expect(new URL(first).searchParams.get('state')).not.toBe(new URL(second).searchParams.get('state'))
  })

  it('sends every time another state, nonce and challenge, and never the secret', async () => {
    const test = journey()
    const urls = await Promise.all(Array.from({ length: 5 }, () => test.leave(test.browser())))
    for (const name of ['state', 'nonce', 'code_challenge'])
      expect(new Set(urls.map((url) => new URL(url).searchParams.get(name))).size).toBe(5)
    expect(urls.join(' ')).not.toContain('a-secret-that-the-provider-gave-us')
  })
})

describe('the audit log', () => {
  it('holds neither states nor codes nor tokens nor addresses in clear', async () => {
    const test = journey()
    acme.person = { ...ada, emailVerified: false }
    const browser = test.browser()
    const callback = await acme.visit(await test.leave(browser))
    const landed = await test.comeBack(browser, callback)
    const log = JSON.stringify(await test.storage.listEvents({ limit: 200 }))
    const [, secret = '?'] = (callback.searchParams.get('state') ?? '').split('.')
    const [, attempt = '?'] = (landed.fields['attempt'] ?? '').split('.')
    for (const text of [secret, attempt, callback.searchParams.get('code') ?? '?', ada.email, ada.subject])
      expect(log).not.toContain(text)
    expect(landingOf(landed.answer).answer.text).toBe('')
  })
})
