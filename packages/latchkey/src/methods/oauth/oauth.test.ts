import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { atLoopback, createOAuthJourney, landingOf, redirectUriOf } from '../../../../../test/oidc/oauth-journey.ts'
import { startRealProvider, type RealProvider } from '../../../../../test/oidc/real-provider.ts'
import { createSoftwareAuthenticator } from '../../testing/software-authenticator.ts'
import { testPassword } from '../../testing/test-auth.ts'
import { provePasskey, registerPasskey } from '../../testing/test-passkey.ts'
import { emailCode } from '../email-code/index.ts'
import { passkey } from '../passkey/index.ts'
import { password } from '../password/index.ts'

const ada = { subject: 'ada-at-acme', email: 'ada@example.com', emailVerified: true, name: 'Ada Lovelace' }

let acme: RealProvider

beforeAll(async () => {
  acme = await startRealProvider([redirectUriOf('acme'), redirectUriOf('other')])
})

beforeEach(() => {
  acme.person = ada
})

afterAll(() => acme.stop())

const journey = (
  options: Partial<Parameters<typeof createOAuthJourney>[0]> = {},
): ReturnType<typeof createOAuthJourney> => createOAuthJourney({ providers: [atLoopback(acme.issuer)], ...options })

describe('a first sign-in through a provider that verified the address', () => {
  it('makes the user, binds the identity and opens a session, in one commit', async () => {
    const test = journey()
    const browser = test.browser()
    const landed = await test.signInAt(acme, browser)
    expect([landed.status, landed.page, landed.fields]).toEqual([303, '/', {}])
    const session = await browser.get('/session')
    expect(session.body).toMatchObject({
      user: { email: 'ada@example.com', emailVerified: true, name: 'Ada Lovelace' },
      session: { aal: 1, amr: ['fed'] },
    })
    expect((await browser.get('/identities')).body).toMatchObject({
      identities: [{ provider: 'acme', email: 'ada@example.com', name: 'Ada Lovelace' }],
    })
    expect(await test.events()).toEqual(['oauth.started', 'user.created', 'login.success'])
  })

  it('is a sign-in the second time, also after the address changed there', async () => {
    const test = journey()
    await test.signInAt(acme, test.browser())
    acme.person = { ...ada, email: 'countess@example.com', emailVerified: false }
    const browser = test.browser()
    expect((await test.signInAt(acme, browser)).page).toBe('/')
    expect((await browser.get('/session')).body).toMatchObject({ user: { email: 'ada@example.com' } })
    expect((await test.events()).slice(-2)).toEqual(['oauth.started', 'login.success'])
  })

  it('goes where it was asked to go, if that is ours', async () => {
    const test = journey()
    const landed = await test.signInAt(acme, test.browser(), { redirectTo: '/shop?cart=1#pay' })
    expect(landed.answer.headers.get('location')).toBe('/shop?cart=1#pay')
    for (const redirectTo of ['https://evil.example', '//evil.example', '/\\evil.example', 'javascript:alert(1)']) {
      const answer = await test.browser().post('/sign-in/oauth/acme', { redirectTo })
      expect([answer.status, answer.body['fields']]).toEqual([422, { redirectTo: 'invalid' }])
    }
  })

  it('works as a form without script', async () => {
    const test = journey()
    const browser = test.browser()
    const form = new Request('https://app.example.com/auth/sign-in/oauth/acme', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: 'https://app.example.com' },
      body: 'redirectTo=%2Fshop',
    })
    const left = await test.auth.handle(form)
    const [cookie = ''] = left.headers.getSetCookie()
    browser.cookies.set('__Host-latchkey-attempt', cookie.slice(cookie.indexOf('=') + 1, cookie.indexOf(';')))
    expect(left.status).toBe(303)
    const landed = await test.comeBack(browser, await acme.visit(left.headers.get('location') ?? ''))
    expect([landed.status, landed.page]).toEqual([303, '/shop'])
  })

  it('asks for a mailed code where everybody gives two proofs', async () => {
    const test = journey({
      methods: (social) => ({
        methods: [password(), emailCode(), social],
        secondFactor: { policy: 'always' },
      }),
    })
    const browser = test.browser()
    const landed = await test.signInAt(acme, browser)
    expect([landed.page, landed.fields['factors']]).toEqual(['/code', 'email_code'])
    expect((await browser.get('/session')).status).toBe(401)
    const { attempt } = landed.fields
    const code = await test.codeFor(ada.email)
    expect((await browser.post('/sign-in/factor/email-code', { attempt, code })).body).toMatchObject({
      status: 'signed_in',
    })
  })
})

describe('an address that the provider does not vouch for', () => {
  it('is proved by a code before there is a user', async () => {
    const test = journey()
    acme.person = { ...ada, emailVerified: false }
    const browser = test.browser()
    const landed = await test.signInAt(acme, browser, { redirectTo: '/shop' })
    expect([landed.page, landed.fields]).toEqual([
      '/code',
      {
        attempt: expect.any(String) as string,
        factors: 'email_code',
        sentTo: 'a…@example.com',
        provider: 'acme',
        redirectTo: '/shop',
      },
    ])
    expect(await test.auth.users.findByEmail(ada.email)).toBeUndefined()
    const { attempt } = landed.fields
    const code = await test.codeFor(ada.email)
    expect((await browser.post('/sign-in/factor/email-code', { attempt, code })).body).toMatchObject({
      status: 'signed_in',
      user: { emailVerified: true, name: 'Ada Lovelace' },
      session: { amr: ['fed', 'otp'] },
    })
    expect((await browser.get('/identities')).body['identities']).toHaveLength(1)
    // From now on the identity is known.
    expect((await test.signInAt(acme, test.browser())).page).toBe('/')
  })

  it('signs into its account and binds the identity by the code of its owner', async () => {
    const test = journey()
    const owner = await test.signUp(ada.email)
    acme.person = { ...ada, emailVerified: false }
    const browser = test.browser()
    const landed = await test.signInAt(acme, browser)
    expect([landed.page, landed.fields['factors']]).toEqual(['/code', 'email_code'])
    expect((await owner.get('/identities')).body).toEqual({ identities: [] })
    const { attempt } = landed.fields
    const code = await test.codeFor(ada.email)
    expect((await browser.post('/sign-in/factor/email-code', { attempt, code })).body['status']).toBe('signed_in')
    expect((await owner.get('/identities')).body['identities']).toHaveLength(1)
    expect((await test.events()).slice(-4)).toEqual([
      'oauth.started',
      'login.factor_required',
      'identity.linked',
      'login.success',
    ])
  })
})

describe('an identity that nobody knows, with the address of an account', () => {
  it('is bound by whoever proves the account with its password, and its owner is told', async () => {
    const test = journey()
    await test.signUp(ada.email)
    const browser = test.browser()
    const landed = await test.signInAt(acme, browser)
    expect([landed.page, landed.fields]).toEqual([
      '/sign-in/link',
      {
        attempt: expect.any(String) as string,
        factors: 'password,email_code',
        sentTo: 'a…@example.com',
        provider: 'acme',
      },
    ])
    expect((await browser.get('/session')).status).toBe(401)
    const { attempt } = landed.fields
    const proved = await browser.post('/sign-in/factor/password', { attempt, password: testPassword })
    // A new device: the code as well, and the identity waits on.
    expect(proved.body['status']).toBe('needs_factor')
    expect((await test.proveCode(browser, proved, await test.codeFor(ada.email))).body['status']).toBe('signed_in')
    expect((await browser.get('/identities')).body['identities']).toHaveLength(1)
    await test.auth.drainOutbox()
    expect(test.mailbox.list().map(({ subject }) => subject)).toContain(
      'A sign-in with another provider was added to your Latchkey account',
    )
    expect((await test.signInAt(acme, test.browser())).page).toBe('/')
  })

  it('is bound by the mailed code alone, and by nothing without it', async () => {
    const test = journey()
    const owner = await test.signUp(ada.email)
    const browser = test.browser()
    const { attempt } = (await test.signInAt(acme, browser)).fields
    const wrong = await browser.post('/sign-in/factor/password', { attempt, password: 'not the password' })
    expect(wrong.status).toBe(401)
    expect((await owner.get('/identities')).body).toEqual({ identities: [] })
    const code = await test.codeFor(ada.email)
    expect((await browser.post('/sign-in/factor/email-code', { attempt, code })).body['status']).toBe('signed_in')
    expect((await owner.get('/identities')).body['identities']).toHaveLength(1)
  })

  it('is bound by a passkey that signs in by itself, with PIN or biometric alone', async () => {
    for (const usage of ['primary', 'both'] as const) {
      const test = journey({ methods: (social) => ({ methods: [password(), emailCode(), passkey(), social] }) })
      const owner = await test.signUp(ada.email)
      const authenticator = createSoftwareAuthenticator()
      expect((await registerPasskey(owner, authenticator, { usage })).status).toBe(200)
      const browser = test.browser()
      const { attempt, factors } = (await test.signInAt(acme, browser)).fields
      expect(factors).toBe('password,passkey,email_code')
      const unverified = await provePasskey(browser, attempt, authenticator, { userVerified: false })
      expect([usage, unverified.body['code']]).toEqual([usage, 'passkey_refused'])
      expect((await provePasskey(browser, attempt, authenticator)).body['status']).toBe('signed_in')
      expect((await browser.get('/identities')).body['identities']).toHaveLength(1)
    }
  })

  it('is bound at once only where policy, provider and both addresses are trusted', async () => {
    const trusted = { providers: [atLoopback(acme.issuer, { trusted: true })], linking: 'trusted' } as const
    const test = journey(trusted)
    await test.signUp(ada.email)
    expect((await test.signInAt(acme, test.browser())).page).toBe('/')
    expect((await test.events()).slice(-3)).toEqual(['oauth.started', 'identity.linked', 'login.success'])

    for (const options of [{ ...trusted, linking: 'confirm' } as const, { linking: 'trusted' } as const]) {
      const other = journey(options)
      await other.signUp(ada.email)
      expect((await other.signInAt(acme, other.browser())).page).toBe('/sign-in/link')
    }
    const unproved = journey(trusted)
    await unproved.auth.users.create({ email: ada.email, password: testPassword })
    expect((await unproved.signInAt(acme, unproved.browser())).page).toBe('/sign-in/link')
    acme.person = { ...ada, emailVerified: false }
    const unvouched = journey(trusted)
    await unvouched.signUp(ada.email)
    expect((await unvouched.signInAt(acme, unvouched.browser())).page).toBe('/code')
  })

  it('is sent away where identities are bound in the account alone', async () => {
    const test = journey({ linking: 'never' })
    await test.signUp(ada.email)
    const landed = await test.signInAt(acme, test.browser())
    expect([landed.page, landed.fields]).toEqual(['/sign-in', { error: 'link_in_account', provider: 'acme' }])
    expect((await test.events()).at(-1)).toBe('oauth.failed link_in_account')
  })
})

describe('a signed-in person', () => {
  it('binds an identity: leaves, comes back, confirms, and is told by mail', async () => {
    const test = journey()
    const browser = await test.signUp(ada.email)
    acme.person = { ...ada, email: 'ada@private.example' }
    const left = await browser.post('/identities/acme/link', {})
    const landed = await test.comeBack(browser, await acme.visit(String(left.body['url'])))
    expect([landed.page, landed.fields]).toEqual([
      '/identities/confirm',
      {
        attempt: expect.any(String) as string,
        provider: 'acme',
        email: 'ada@private.example',
        name: 'Ada Lovelace',
      },
    ])
    expect((await browser.get('/identities')).body).toEqual({ identities: [] })
    const { attempt } = landed.fields
    expect(await browser.post('/identities/confirm', { attempt })).toMatchObject({
      status: 200,
      body: { identity: { provider: 'acme', email: 'ada@private.example' } },
    })
    expect((await browser.get('/session')).status).toBe(200)
    expect((await test.signInAt(acme, test.browser())).page).toBe('/')
    expect((await browser.post('/identities/confirm', { attempt })).body['code']).toBe('attempt_over')
    await test.auth.drainOutbox()
    expect(test.mailbox.list()[0]?.to).toBe(ada.email)
  })

  it('is told when the identity is bound already, to this account or to another', async () => {
    const test = journey()
    const browser = test.browser()
    await test.signInAt(acme, browser)
    const again = await browser.post('/identities/acme/link', {})
    const landed = await test.comeBack(browser, await acme.visit(String(again.body['url'])))
    expect([landed.page, landed.fields]).toEqual(['/identities/confirm', { error: 'already_linked', provider: 'acme' }])
    const eve = await test.signUp('eve@example.com')
    const taken = await eve.post('/identities/acme/link', {})
    expect((await test.comeBack(eve, await acme.visit(String(taken.body['url'])))).fields['error']).toBe(
      'identity_taken',
    )
    expect((await test.events()).filter((event) => event.startsWith('identity.'))).toEqual([
      'identity.link_refused already_linked',
      'identity.link_refused identity_taken',
    ])
  })

  it('removes an identity: other sessions end, and the owner is told; but never the last way in', async () => {
    const test = journey()
    const browser = test.browser()
    await test.signInAt(acme, browser)
    const other = test.browser()
    await test.signInAt(acme, other)
    const listed = (await browser.get('/identities')).body['identities'] as readonly { readonly id: string }[]
    expect((await browser.delete(`/identities/${listed[0]?.id}`)).status).toBe(204)
    expect([(await browser.get('/session')).status, (await other.get('/session')).status]).toEqual([200, 401])
    expect((await test.events()).at(-1)).toBe('identity.unlinked')

    const only = journey({
      methods: (social) => ({ methods: [emailCode({ firstFactor: false }), social] }),
    })
    const last = only.browser()
    await only.signInAt(acme, last)
    const [identity] = (await last.get('/identities')).body['identities'] as readonly { readonly id: string }[]
    expect(await last.delete(`/identities/${identity?.id}`)).toMatchObject({
      status: 409,
      body: { code: 'last_way_in' },
    })
    // Nor is an identity a way in whose provider was taken out of the configuration.
    const before = journey({
      providers: [atLoopback(acme.issuer), atLoopback(acme.issuer, { id: 'other' })],
      methods: (social) => ({ methods: [emailCode({ firstFactor: false }), social] }),
    })
    const person = before.browser()
    await before.signInAt(acme, person)
    acme.person = { ...ada, subject: 'ada-elsewhere' }
    const left = await person.post('/identities/other/link', {})
    const { attempt } = (await before.comeBack(person, await acme.visit(String(left.body['url'])))).fields
    expect((await person.post('/identities/confirm', { attempt })).status).toBe(200)
    const after = journey({
      methods: (social) => ({
        clock: before.clock,
        storage: before.storage,
        seed: 2,
        methods: [emailCode({ firstFactor: false }), social],
      }),
    })
    const same = after.browser()
    for (const [name, value] of person.cookies) same.cookies.set(name, value)
    const bound = (await same.get('/identities')).body['identities'] as readonly {
      readonly id: string
      readonly provider: string
    }[]
    const [acmes, others] = ['acme', 'other'].map((name) => bound.find(({ provider }) => provider === name)?.id)
    expect((await same.delete(`/identities/${acmes}`)).body['code']).toBe('last_way_in')
    expect((await same.delete(`/identities/${others}`)).status).toBe(204)
  })
})

describe('what a provider is told and tells', () => {
  it('the person said no', async () => {
    const test = journey()
    acme.person = null
    const landed = await test.signInAt(acme, test.browser())
    expect([landed.status, landed.page, landed.fields]).toEqual([
      303,
      '/sign-in',
      { error: 'access_denied', provider: 'acme' },
    ])
    expect((await test.events()).at(-1)).toBe('oauth.failed denied')
  })

  it('does not answer: on the way there and on the way back, a page says so', async () => {
    const test = journey()
    const browser = test.browser()
    const callback = await acme.visit(await test.leave(browser))
    await acme.stop()
    const fresh = journey()
    const leaving = await fresh.browser().post('/sign-in/oauth/acme', {})
    const landed = await test.comeBack(browser, callback)
    await acme.start()
    expect([leaving.status, leaving.body['code'], leaving.headers.get('retry-after')]).toEqual([
      503,
      'unavailable',
      '30',
    ])
    expect([landed.status, landed.fields]).toEqual([303, { error: 'provider_unavailable', provider: 'acme' }])
    expect([(await fresh.events()).at(-1), (await test.events()).at(-1)]).toEqual([
      'oauth.failed unreachable',
      'oauth.failed unreachable',
    ])
  })

  it('GET /config names it, and nothing secret', async () => {
    const test = journey()
    const { body } = await test.browser().get('/config')
    expect(body).toMatchObject({ methods: { oauth: { providers: [{ id: 'acme', name: 'Acme' }] } } })
  })

  it('a provider that is not configured is not there', async () => {
    const test = journey()
    const browser = await test.signUp(ada.email)
    const answers = [
      await browser.post('/sign-in/oauth/google', {}),
      await browser.get('/sign-in/oauth/google/callback?code=x&state=y'),
      await browser.post('/identities/google/link', {}),
    ]
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404])
    expect(landingOf(answers[1]!).page).toBe('blank')
  })
})
