import { describe, expect, it } from 'vitest'
import { brand } from '../../platform/brand.ts'
import { minuteMs } from '../../platform/clock.ts'
import { createMemoryStorage } from '../../storage/memory/memory-storage.ts'
import { createFakeClock } from '../../testing/fake-clock.ts'
import { costOf, observeStorage } from '../../testing/observed-storage.ts'
import {
  createSoftwareAuthenticator,
  type SoftwareAuthenticator,
  type Twist,
} from '../../testing/software-authenticator.ts'
import { createTestAuth, testPassword, type TestAuth, type TestAuthOptions } from '../../testing/test-auth.ts'
import type { TestAnswer, TestBrowser } from '../../testing/test-browser.ts'
import { provePasskey, registerPasskey, signInWithPasskey } from '../../testing/test-passkey.ts'
import type { UserId } from '../../user/user.ts'
import { emailCode } from '../email-code/index.ts'
import { password } from '../password/index.ts'
import { recoveryCode } from '../recovery-code/index.ts'
import { passkey } from './index.ts'

const [ada, bob] = ['ada@example.com', 'bob@example.com']

const createPasskeyAuth = (options: TestAuthOptions = {}): TestAuth =>
  createTestAuth({ methods: [password(), emailCode(), recoveryCode(), passkey()], ...options })

interface Owner {
  readonly browser: TestBrowser
  readonly authenticator: SoftwareAuthenticator
}

async function owner(
  test: TestAuth,
  email: string,
  authenticator: SoftwareAuthenticator = createSoftwareAuthenticator(),
  usage: 'primary' | 'factor' | 'both' = 'both',
): Promise<Owner> {
  const browser = await test.signUp(email)
  const registered = await registerPasskey(browser, authenticator, { usage })
  if (registered.status !== 200) throw new Error(registered.text)
  return { browser, authenticator }
}

/** What a stranger sees of a refusal: everything but the request's own id and time. */
function seen({ status, text, setCookies, headers }: TestAnswer): unknown {
  const shown = [...headers].filter(([name]) => !['x-request-id', 'date', 'set-cookie'].includes(name))
  return { status, text, setCookies, shown }
}

async function lastEvent(test: TestAuth): Promise<string> {
  return (await test.events()).at(-1) ?? ''
}

interface Ceremony {
  readonly ticket: unknown
  readonly options: Record<string, unknown>
}

async function begin(browser: TestBrowser, path: string, body?: unknown): Promise<Ceremony> {
  const started = await browser.post(path, body)
  return { ticket: started.body['ticket'], options: started.body['options'] as Record<string, unknown> }
}

const finish = (browser: TestBrowser, ticket: unknown, response: unknown): Promise<TestAnswer> =>
  browser.post('/sign-in/passkey/finish', { ticket, response })

async function pendingAttempt(test: TestAuth, email: string): Promise<{ browser: TestBrowser; attempt: unknown }> {
  const browser = test.browser()
  const first = await browser.post('/sign-in/password', { email, password: testPassword })
  return { browser, attempt: first.body['attempt'] }
}

describe('a refused passkey', () => {
  it('looks the same whatever was wrong, and says the reason to the audit log alone', async () => {
    const test = createPasskeyAuth()
    const { authenticator } = await owner(test, ada)
    const factorOnly = createSoftwareAuthenticator()
    await owner(test, bob, factorOnly, 'factor')
    const blocked = (await owner(test, 'eve@example.com')).authenticator
    const eve = await test.auth.users.findByEmail('eve@example.com')
    await test.auth.users.block(eve?.id ?? '')
    const unregistered = createSoftwareAuthenticator()
    unregistered.create({
      rp: { id: 'app.example.com' },
      user: { id: 'AAAA' },
      challenge: 'AAAA',
      excludeCredentials: [],
      pubKeyCredParams: [{ alg: -7 }],
    })
    const cases: readonly (readonly [string, SoftwareAuthenticator, Twist])[] = [
      ['wrong_origin', authenticator, { origin: 'https://app.example.com.evil.example' }],
      ['wrong_origin', authenticator, { origin: 'https://app.example.com:8443' }],
      ['wrong_origin', authenticator, { origin: 'http://app.example.com' }],
      ['wrong_origin', authenticator, { origin: 'https://APP.example.com' }],
      ['wrong_origin', authenticator, { origin: 'null' }],
      ['wrong_origin', authenticator, { crossOrigin: true }],
      ['wrong_origin', authenticator, { topOrigin: 'https://evil.example' }],
      ['wrong_rp', authenticator, { rpId: 'example.com' }],
      ['wrong_type', authenticator, { type: 'webauthn.create' }],
      ['wrong_type', authenticator, { type: 'payment.get' }],
      ['wrong_challenge', authenticator, { challenge: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }],
      ['user_absent', authenticator, { userPresent: false }],
      ['user_unverified', authenticator, { userVerified: false }],
      ['wrong_backup_flags', authenticator, { backedUp: true }],
      ['wrong_backup_flags', authenticator, { backupEligible: true }],
      ['wrong_user_handle', authenticator, { userHandle: null }],
      ['wrong_user_handle', authenticator, { userHandle: 'AAAA' }],
      ['wrong_usage', factorOnly, {}],
      ['blocked', blocked, {}],
      ['unknown_credential', unregistered, {}],
    ]
    const answers = new Set<string>()
    for (const [reason, device, twist] of cases) {
      const answer = await signInWithPasskey(test.browser(), device, { twist })
      answers.add(JSON.stringify(seen(answer)))
      expect([twist, await lastEvent(test)]).toEqual([twist, `login.failure ${reason}`])
    }
    // So do a ticket that is over, of another browser, of nobody.
    const browser = test.browser()
    const { ticket, options } = await begin(browser, '/sign-in/passkey/start', {})
    const response = authenticator.get(options)
    for (const [presented, from] of [
      [ticket, test.browser()],
      ['nobody.at.all', browser],
      [`${String(ticket)}x`, browser],
    ] as const) {
      answers.add(JSON.stringify(seen(await finish(from, presented, response))))
      expect(await lastEvent(test)).toBe('login.failure ticket_over')
    }
    expect(answers.size).toBe(1)
    expect([...answers][0]).toContain('passkey_refused')
    expect((await finish(browser, ticket, response)).status).toBe(200)
  })

  it('costs the same statements for a credential that is known and one that is not', async () => {
    const clock = createFakeClock()
    const observed = observeStorage(createMemoryStorage({ clock }))
    const test = createPasskeyAuth({ clock, storage: observed.storage })
    const { authenticator } = await owner(test, ada)
    const costs = []
    for (const credentialId of [authenticator.credentialIds()[0] ?? '', 'AAAAAAAAAAAAAAAAAAAAAA']) {
      const browser = test.browser()
      const { ticket, options } = await begin(browser, '/sign-in/passkey/start', {})
      const response = authenticator.get(options, { origin: 'https://evil.example' })
      observed.forget()
      await finish(browser, ticket, { ...response, id: credentialId, rawId: credentialId })
      costs.push(costOf(observed.calls))
    }
    expect(costs[0]).toEqual(costs[1])
  })
})

describe('an assertion is good once, for the ceremony that it answers', () => {
  it('is refused a second time, with its ticket and with another', async () => {
    const test = createPasskeyAuth()
    const { authenticator } = await owner(test, ada)
    const browser = test.browser()
    const first = await begin(browser, '/sign-in/passkey/start', { mode: 'token' })
    const response = authenticator.get(first.options)
    expect((await finish(browser, first.ticket, response)).status).toBe(200)
    expect((await finish(browser, first.ticket, response)).body['code']).toBe('passkey_refused')
    const second = await begin(browser, '/sign-in/passkey/start', { mode: 'token' })
    expect((await finish(browser, second.ticket, response)).body['code']).toBe('passkey_refused')
    expect(await lastEvent(test)).toBe('login.failure wrong_challenge')
  })

  it('opens one session when it comes twenty times at once', async () => {
    const test = createPasskeyAuth()
    const { authenticator } = await owner(test, ada, createSoftwareAuthenticator({ kind: 'synced' }))
    const browser = test.browser()
    const { ticket, options } = await begin(browser, '/sign-in/passkey/start', { mode: 'token' })
    const response = authenticator.get(options)
    const answers = await Promise.all(Array.from({ length: 20 }, () => finish(test.browser(), ticket, response)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    const events = await test.events()
    expect(events.filter((kind) => kind === 'login.success')).toHaveLength(2)
  })

  it('is late after five minutes', async () => {
    const test = createPasskeyAuth()
    const { authenticator } = await owner(test, ada)
    const browser = test.browser()
    const { ticket, options } = await begin(browser, '/sign-in/passkey/start', {})
    await test.clock.advance(5 * minuteMs)
    expect((await finish(browser, ticket, authenticator.get(options))).body['code']).toBe('passkey_refused')
    const again = await begin(browser, '/sign-in/passkey/start', {})
    await test.clock.advance(5 * minuteMs - 1)
    expect((await finish(browser, again.ticket, authenticator.get(again.options))).status).toBe(200)
  })

  it('fits no ticket of another purpose', async () => {
    const test = createPasskeyAuth()
    const { browser, authenticator } = await owner(test, ada, createSoftwareAuthenticator(), 'primary')
    const signIn = await begin(browser, '/sign-in/passkey/start', { mode: 'token' })
    const register = await begin(browser, '/passkeys/register/start')
    const signUp = await begin(browser, '/sign-up/passkey/start', { email: bob, mode: 'token' })
    const fresh = createSoftwareAuthenticator()
    const crossed = [
      await finish(browser, register.ticket, authenticator.get({ ...signIn.options, ...pick(register) })),
      await finish(browser, signUp.ticket, authenticator.get({ ...signIn.options, ...pick(signUp) })),
      await browser.post('/passkeys/register/finish', {
        ticket: signIn.ticket,
        response: fresh.create({ ...register.options, ...pick(signIn) }),
      }),
      await browser.post('/passkeys/register/finish', {
        ticket: signUp.ticket,
        response: fresh.create(signUp.options),
      }),
      await browser.post('/sign-up/passkey/finish', {
        ticket: register.ticket,
        response: createSoftwareAuthenticator().create(register.options),
      }),
    ]
    expect(crossed.map(({ body }) => body['code'])).toEqual(Array(5).fill('passkey_refused'))
    // None was used up by it.
    expect((await finish(browser, signIn.ticket, authenticator.get(signIn.options))).status).toBe(200)
  })

  it('for an attempt opens nothing by itself, and skips no proof', async () => {
    const test = createPasskeyAuth()
    const { authenticator } = await owner(test, ada)
    const { browser, attempt } = await pendingAttempt(test, ada)
    const { ticket, options } = await begin(browser, '/sign-in/factor/passkey/start', { attempt })
    expect((await finish(browser, ticket, authenticator.get(options))).body['code']).toBe('passkey_refused')
    expect(await lastEvent(test)).toBe('login.failure ticket_over')
  })

  it('by a credential that was never confirmed is worth nothing', async () => {
    const test = createPasskeyAuth()
    const { authenticator } = await owner(test, ada)
    const user = await test.auth.users.findByEmail(ada)
    const subject = user && (await test.storage.findSubject(brand<UserId>(user.id)))
    const stored = subject?.credentials.find(({ method }) => method === 'passkey')
    if (stored === undefined) throw new Error('a passkey was registered')
    const { id: credentialId, userId } = stored
    await test.storage.commit(
      [
        { kind: 'removeCredential', credentialId, userId },
        { kind: 'addCredential', credential: { ...stored, confirmedAt: null } },
      ],
      test.clock.now(),
    )
    expect((await signInWithPasskey(test.browser(), authenticator)).body['code']).toBe('passkey_refused')
    expect(await lastEvent(test)).toBe('login.failure unknown_credential')
  })

  it('of a registration is none of a sign-in, and the other way round', async () => {
    const test = createPasskeyAuth()
    const { browser } = await owner(test, ada, createSoftwareAuthenticator(), 'primary')
    const twisted = await registerPasskey(browser, createSoftwareAuthenticator(), { twist: { type: 'webauthn.get' } })
    expect(twisted.body['code']).toBe('passkey_refused')
    expect(await lastEvent(test)).toBe('passkey.registration_failed wrong_type')
  })
})

function pick({ options }: Ceremony): { readonly challenge: unknown } {
  return { challenge: options['challenge'] }
}

describe('a cloned authenticator', () => {
  it('is refused as soon as its counter was seen, with an event of its own, and takes nothing from the owner', async () => {
    const test = createPasskeyAuth()
    const { authenticator } = await owner(test, ada)
    const clone = authenticator.clone()
    expect((await signInWithPasskey(test.browser(), authenticator)).status).toBe(200)
    expect((await signInWithPasskey(test.browser(), authenticator)).status).toBe(200)
    const refused = await signInWithPasskey(test.browser(), clone)
    expect(refused.body['code']).toBe('passkey_refused')
    expect(await lastEvent(test)).toBe('passkey.counter_mismatch')
    expect((await signInWithPasskey(test.browser(), authenticator)).status).toBe(200)
    expect((await test.events()).filter((kind) => kind === 'passkey.counter_mismatch')).toHaveLength(1)
  })

  it('is refused as a second factor as well, and the attempt goes on', async () => {
    const test = createPasskeyAuth()
    const { authenticator } = await owner(test, ada)
    const clone = authenticator.clone()
    await signInWithPasskey(test.browser(), authenticator)
    const { browser, attempt } = await pendingAttempt(test, ada)
    expect((await provePasskey(browser, attempt, clone)).body['code']).toBe('passkey_refused')
    expect(await lastEvent(test)).toBe('passkey.counter_mismatch')
    expect((await provePasskey(browser, attempt, authenticator)).status).toBe(200)
  })

  it('is refused after the owner gave the passkey as a second factor, which leaves nothing waiting', async () => {
    const test = createPasskeyAuth()
    const { authenticator } = await owner(test, ada)
    const clone = authenticator.clone()
    const { browser, attempt } = await pendingAttempt(test, ada)
    expect((await provePasskey(browser, attempt, authenticator)).status).toBe(200)
    expect((await test.storage.counts(test.clock.now())).waitingChallenges).toBe(0)
    expect((await signInWithPasskey(test.browser(), clone)).body['code']).toBe('passkey_refused')
    expect(await lastEvent(test)).toBe('passkey.counter_mismatch')
  })

  it('raises no alarm without a good signature: a counter that nobody signed says nothing', async () => {
    const test = createPasskeyAuth()
    const { authenticator } = await owner(test, ada)
    for (let times = 0; times < 3; times++) await signInWithPasskey(test.browser(), authenticator)
    const browser = test.browser()
    const { ticket, options } = await begin(browser, '/sign-in/passkey/start', {})
    const low = authenticator.get(options, { counter: 1 })
    const other = authenticator.get(options)
    const forged = { ...low, response: { ...low.response, signature: other.response.signature } }
    expect((await finish(browser, ticket, forged)).body['code']).toBe('passkey_refused')
    expect(await lastEvent(test)).toBe('login.failure wrong_signature')
  })

  it('is not taken for one when it does not count, unless it did before', async () => {
    const test = createPasskeyAuth()
    const { authenticator } = await owner(test, ada)
    const status = async (counter: number): Promise<number> =>
      (await signInWithPasskey(test.browser(), authenticator, { twist: { counter } })).status
    expect([await status(0), await status(0), await status(7), await status(7), await status(0)]).toEqual([
      200, 200, 200, 401, 401,
    ])
    expect([await status(6), await status(8), await status(4_294_967_295)]).toEqual([401, 200, 200])
  })

  it('and its owner, at the same moment, get one session between them', async () => {
    const test = createPasskeyAuth()
    const { authenticator } = await owner(test, ada)
    const both = await Promise.all(
      [authenticator, authenticator.clone()].map(async (device) => {
        const browser = test.browser()
        const { ticket, options } = await begin(browser, '/sign-in/passkey/start', { mode: 'token' })
        return { browser, ticket, response: device.get(options) }
      }),
    )
    const answers = await Promise.all(both.map(({ browser, ticket, response }) => finish(browser, ticket, response)))
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 401])
  })
})

describe("another person's passkey", () => {
  it("never satisfies somebody's second factor", async () => {
    const test = createPasskeyAuth()
    const { authenticator: hers } = await owner(test, ada)
    const { authenticator: his, browser: bobs } = await owner(test, bob)
    const [own] = his.credentialIds()
    const { browser, attempt } = await pendingAttempt(test, ada)
    // With the options of her attempt.
    const twisted = await provePasskey(browser, attempt, his, { credentialId: own ?? '' })
    expect(twisted.body['code']).toBe('passkey_refused')
    expect(await lastEvent(test)).toBe('login.failure wrong_user')
    // With the user handle of hers, and with her credential id over his signature.
    const started = await begin(browser, '/sign-in/factor/passkey/start', { attempt })
    const signedByHim = his.get(started.options, { credentialId: own ?? '' })
    const [id = ''] = hers.credentialIds()
    const finishFactor = (ticket: unknown, response: unknown): Promise<TestAnswer> =>
      browser.post('/sign-in/factor/passkey/finish', { attempt, ticket, response })
    expect((await finishFactor(started.ticket, { ...signedByHim, id, rawId: id })).body['code']).toBe('passkey_refused')
    expect(await lastEvent(test)).toBe('login.failure wrong_signature')
    // With a ticket of his own attempt, and with one of a sign-in by passkey alone.
    const second = await pendingAttempt(test, bob)
    const elsewhere = await begin(second.browser, '/sign-in/factor/passkey/start', { attempt: second.attempt })
    expect((await finishFactor(elsewhere.ticket, his.get(elsewhere.options))).body['code']).toBe('passkey_refused')
    const { browser: fresh, attempt: again } = await pendingAttempt(test, ada)
    const alone = await begin(test.browser(), '/sign-in/passkey/start', { mode: 'token' })
    const crossed = await fresh.post('/sign-in/factor/passkey/finish', {
      attempt: again,
      ticket: alone.ticket,
      response: hers.get(alone.options),
    })
    expect(crossed.body['code']).toBe('passkey_refused')
    expect((await browser.get('/session')).status).toBe(401)
    expect((await provePasskey(fresh, again, hers)).body).toMatchObject({ user: { email: ada } })
    expect((await bobs.get('/session')).status).toBe(200)
  })

  it("does not finish a sign-in by passkey alone under somebody else's handle", async () => {
    const test = createPasskeyAuth()
    const { authenticator: hers } = await owner(test, ada)
    const { authenticator: his } = await owner(test, bob)
    const { options } = await begin(test.browser(), '/sign-in/passkey/start', { mode: 'token' })
    const { userHandle = '' } = hers.get(options).response
    const answer = await signInWithPasskey(test.browser(), his, { twist: { userHandle } })
    expect(answer.body['code']).toBe('passkey_refused')
  })

  it('raises no session but its owner’s', async () => {
    const test = createPasskeyAuth()
    const { browser } = await owner(test, ada)
    const { authenticator: his } = await owner(test, bob)
    const { attempt } = (await browser.post('/session/step-up')).body
    const [own = ''] = his.credentialIds()
    expect((await provePasskey(browser, attempt, his, { credentialId: own })).body['code']).toBe('passkey_refused')
  })

  it('cannot be registered again by anybody, for its id is taken', async () => {
    const test = createPasskeyAuth()
    const { browser: hers } = await owner(test, ada, createSoftwareAuthenticator(), 'primary')
    const his = await test.signUp(bob)
    const { ticket, options } = await begin(hers, '/passkeys/register/start')
    const started = await begin(his, '/passkeys/register/start')
    // The same key answers both: attestation `none` signs nothing, so his answer is hers with his challenge.
    const device = createSoftwareAuthenticator()
    const response = device.create(options)
    const copied = {
      ...response,
      response: { ...response.response, clientDataJSON: clientData(started.options['challenge']) },
    }
    const register = (browser: TestBrowser, body: unknown): Promise<TestAnswer> =>
      browser.post('/passkeys/register/finish', body)
    expect((await register(hers, { ticket, response, usage: 'primary' })).status).toBe(200)
    const taken = await register(his, { ticket: started.ticket, response: copied })
    expect(taken.body['code']).toBe('passkey_refused')
    expect(await lastEvent(test)).toBe('passkey.registration_failed credential_exists')
    expect((await signInWithPasskey(test.browser(), device)).body).toMatchObject({ user: { email: ada } })
  })
})

function clientData(challenge: unknown): string {
  const data = { type: 'webauthn.create', challenge, origin: 'https://app.example.com', crossOrigin: false }
  return Buffer.from(JSON.stringify(data)).toString('base64url')
}

describe('usage is a promise that both sides keep', () => {
  it('a way in is no second factor, though the attempt asks for a passkey', async () => {
    const test = createPasskeyAuth()
    const { browser, authenticator: wayIn } = await owner(test, ada, createSoftwareAuthenticator(), 'primary')
    await registerPasskey(browser, createSoftwareAuthenticator(), { usage: 'factor' })
    const pending = await pendingAttempt(test, ada)
    const started = await begin(pending.browser, '/sign-in/factor/passkey/start', { attempt: pending.attempt })
    expect(started.options['allowCredentials']).toHaveLength(1)
    const [credentialId = ''] = wayIn.credentialIds()
    const answer = await pending.browser.post('/sign-in/factor/passkey/finish', {
      attempt: pending.attempt,
      ticket: started.ticket,
      response: wayIn.get(started.options, { credentialId }),
    })
    expect(answer.body['code']).toBe('passkey_refused')
    expect(await lastEvent(test)).toBe('login.failure wrong_usage')
  })

  it('an attempt that asks for no passkey accepts none', async () => {
    const test = createPasskeyAuth()
    await owner(test, ada, createSoftwareAuthenticator(), 'primary')
    const { browser, attempt } = await pendingAttempt(test, ada)
    const started = await browser.post('/sign-in/factor/passkey/start', { attempt })
    expect(started.body['code']).toBe('attempt_over')
    expect(await lastEvent(test)).toBe('login.failure factor_not_accepted')
  })

  it('of another browser or of nobody, an attempt gives no options', async () => {
    const test = createPasskeyAuth()
    await owner(test, ada)
    const { browser, attempt } = await pendingAttempt(test, ada)
    const start = (from: TestBrowser, given: unknown): Promise<TestAnswer> =>
      from.post('/sign-in/factor/passkey/start', { attempt: given })
    expect((await start(test.browser(), attempt)).body['code']).toBe('attempt_over')
    expect((await start(browser, `${String(attempt)}x`)).body['code']).toBe('attempt_over')
    await test.clock.advance(31 * minuteMs)
    expect((await start(browser, attempt)).body['code']).toBe('attempt_over')
  })
})

describe('the passkey routes touch passkeys alone', () => {
  it('and one’s own: no other credential, and nobody else’s passkey, is named, changed or removed by its id', async () => {
    const test = createPasskeyAuth()
    const { browser } = await owner(test, ada, createSoftwareAuthenticator(), 'primary')
    const { browser: his } = await owner(test, bob, createSoftwareAuthenticator(), 'primary')
    const user = await test.auth.users.findByEmail(ada)
    const subject = user && (await test.storage.findSubject(brand<UserId>(user.id)))
    const [hersPassword, hersPasskey] = (['password', 'passkey'] as const).map(
      (wanted) => subject?.credentials.find(({ method }) => method === wanted)?.id,
    )
    for (const [from, id] of [
      [browser, hersPassword],
      [his, hersPasskey],
      [his, hersPassword],
      [browser, 'nothing'],
    ] as const) {
      expect((await from.delete(`/passkeys/${id}`)).status).toBe(404)
      expect((await from.patch(`/passkeys/${id}`, { name: 'mine' })).status).toBe(404)
      expect((await from.put(`/passkeys/${id}/usage`, { usage: 'both' })).status).toBe(404)
    }
    expect(subject).toEqual(user && (await test.storage.findSubject(brand<UserId>(user.id))))
  })
})

describe('a registration ticket', () => {
  it('belongs to its session: not to another of the same person, not to another person', async () => {
    const test = createPasskeyAuth()
    const { browser, authenticator } = await owner(test, ada, createSoftwareAuthenticator(), 'primary')
    const { ticket, options } = await begin(browser, '/passkeys/register/start')
    const response = createSoftwareAuthenticator().create(options)
    const elsewhere = test.browser()
    await signInWithPasskey(elsewhere, authenticator)
    const his = await test.signUp(bob)
    for (const other of [elsewhere, his]) {
      const refused = await other.post('/passkeys/register/finish', { ticket, response })
      expect(refused.body['code']).toBe('passkey_refused')
    }
    expect((await test.browser().post('/passkeys/register/finish', { ticket, response })).status).toBe(401)
    const usage = 'primary'
    expect((await browser.post('/passkeys/register/finish', { ticket, response, usage })).status).toBe(200)
    const again = await browser.post('/passkeys/register/finish', { ticket, response, usage })
    expect(again.body['code']).toBe('passkey_refused')
  })

  it('dies with every revocation, and is used once by ten at once', async () => {
    const test = createPasskeyAuth()
    const { browser, authenticator } = await owner(test, ada, createSoftwareAuthenticator(), 'primary')
    const dead = await begin(browser, '/passkeys/register/start')
    const elsewhere = test.browser()
    await signInWithPasskey(elsewhere, authenticator)
    const live = await begin(elsewhere, '/passkeys/register/start')
    const finishes = Array.from({ length: 10 }, () =>
      elsewhere.post('/passkeys/register/finish', {
        ticket: live.ticket,
        response: createSoftwareAuthenticator().create(live.options),
        usage: 'primary',
      }),
    )
    expect((await Promise.all(finishes)).filter(({ status }) => status === 200)).toHaveLength(1)
    await elsewhere.delete('/sessions')
    const refused = await browser.post('/passkeys/register/finish', {
      ticket: dead.ticket,
      response: createSoftwareAuthenticator().create(dead.options),
    })
    expect(refused.body['code']).toBe('unauthenticated')
  })

  it('takes credential ids up to 1,023 bytes, and refuses what answers wrong', async () => {
    const test = createPasskeyAuth()
    const browser = await test.signUp(ada)
    const refusals = async (twist: Twist): Promise<unknown> =>
      (await registerPasskey(browser, createSoftwareAuthenticator(), { twist })).body['code']
    for (const idLength of [0, 1_024]) expect(await refusals({ idLength })).toBe('invalid_fields')
    const cases: readonly (readonly [Twist, string])[] = [
      [{ origin: 'https://evil.example' }, 'wrong_origin'],
      [{ topOrigin: 'https://evil.example', crossOrigin: true }, 'wrong_origin'],
      [{ rpId: 'evil.example' }, 'wrong_rp'],
      [{ challenge: 'AAAA' }, 'wrong_challenge'],
      [{ userPresent: false }, 'user_absent'],
      [{ backedUp: true }, 'wrong_backup_flags'],
    ]
    for (const [twist, reason] of cases) {
      expect(await refusals(twist)).toBe('passkey_refused')
      expect(await lastEvent(test)).toBe(`passkey.registration_failed ${reason}`)
    }
    const long = createSoftwareAuthenticator()
    expect((await registerPasskey(browser, long, { twist: { idLength: 1_023 } })).status).toBe(200)
    expect((await signInWithPasskey(test.browser(), long)).status).toBe(200)
  })

  it('takes no algorithm that was not offered', async () => {
    const test = createPasskeyAuth()
    const browser = await test.signUp(ada)
    const { ticket, options } = await begin(browser, '/passkeys/register/start')
    const response = createSoftwareAuthenticator().create(options)
    const object = Buffer.from(response.response.attestationObject, 'base64url')
    // COSE_Key 3 (alg): -7 becomes -9, the same curve under a name that was not offered.
    const at = object.indexOf(Buffer.from('a501020326', 'hex'))
    object[at + 4] = 0x28
    const attestationObject = object.toString('base64url')
    const renamed = { ...response, response: { ...response.response, attestationObject } }
    expect((await browser.post('/passkeys/register/finish', { ticket, response: renamed })).status).toBe(401)
    expect(await lastEvent(test)).toBe('passkey.registration_failed wrong_algorithm')
  })
})

describe('the options of a ceremony', () => {
  it('say nothing about an account: the same for a known address and an unknown one, after the same statements', async () => {
    const clock = createFakeClock()
    const observed = observeStorage(createMemoryStorage({ clock }))
    const test = createPasskeyAuth({ clock, storage: observed.storage })
    await owner(test, ada)
    await clock.advance(60 * minuteMs)
    const shapes = []
    for (const email of [ada, bob]) {
      const browser = test.browser()
      observed.forget()
      const started = await browser.post('/sign-up/passkey/start', { email })
      const response = createSoftwareAuthenticator().create(started.body['options'])
      const finished = await browser.post('/sign-up/passkey/finish', { ticket: started.body['ticket'], response })
      const code = finished.body['attempt']
      expect(typeof code).toBe('string')
      shapes.push({
        cost: costOf(observed.calls),
        started: shapeOf(started.body),
        finished: shapeOf(finished.body),
        cookies: finished.setCookies.map((cookie) => cookie.replace(/=[^;]*/, '')),
      })
    }
    expect(shapes[0]).toEqual(shapes[1])
  })

  it('register once: the ticket of a sign-up is spent with the mail that it sends', async () => {
    const test = createPasskeyAuth()
    const browser = test.browser()
    const { ticket, options } = await begin(browser, '/sign-up/passkey/start', { email: ada, mode: 'token' })
    const response = createSoftwareAuthenticator().create(options)
    const finishes = Array.from({ length: 5 }, () => browser.post('/sign-up/passkey/finish', { ticket, response }))
    expect((await Promise.all(finishes)).filter(({ status }) => status === 200)).toHaveLength(1)
    await test.auth.drainOutbox()
    expect(test.mailbox.list()).toHaveLength(1)
  })

  it('a passkey cannot take over a known address', async () => {
    const test = createPasskeyAuth()
    await owner(test, ada)
    const thief = createSoftwareAuthenticator()
    const browser = test.browser()
    const { ticket, options } = await begin(browser, '/sign-up/passkey/start', { email: ada })
    const waiting = await browser.post('/sign-up/passkey/finish', { ticket, response: thief.create(options) })
    for (let code = 0; code < 5; code++) await test.proveCode(browser, waiting, `00000${code}`)
    expect((await signInWithPasskey(test.browser(), thief)).body['code']).toBe('passkey_refused')
  })

  it('carry a user handle that nobody can foresee and that is no id of ours', async () => {
    const test = createPasskeyAuth()
    const handles = new Set<unknown>()
    for (const email of [ada, bob, 'eve@example.com']) {
      const browser = await test.signUp(email)
      const { options } = await begin(browser, '/passkeys/register/start')
      const { user } = (await browser.get('/session')).body as { user: { id: string } }
      const { id } = options['user'] as { id: string }
      handles.add(id)
      expect(Buffer.from(id, 'base64url').toString('latin1')).not.toContain(user.id)
      expect(id).not.toContain(Buffer.from(user.id).toString('base64url'))
    }
    expect(handles.size).toBe(3)
  })

  it('are a fresh challenge each time, and no network fills the table with them', async () => {
    const test = createPasskeyAuth({ limits: { ceremonyPerNetwork: { limit: 10, windowMs: 15 * minuteMs } } })
    const browser = test.browser()
    const challenges = new Set<unknown>()
    const statuses = []
    for (let times = 0; times < 12; times++) {
      const started = await browser.post('/sign-in/passkey/start', {})
      statuses.push(started.status)
      if (started.status === 200) challenges.add((started.body['options'] as { challenge: string }).challenge)
    }
    expect(statuses).toEqual([...Array<number>(10).fill(200), 429, 429])
    expect(challenges.size).toBe(10)
    expect((await browser.post('/sign-up/passkey/start', { email: bob })).headers.get('retry-after')).toBe('900')
    expect((await test.storage.counts(test.clock.now())).waitingChallenges).toBe(10)
    expect((await test.browser().post('/sign-in/passkey/start', {})).status).toBe(200)
  })
})

function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf)
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, shapeOf(member)]))
  return typeof value
}

describe('what is no answer of an authenticator', () => {
  it('is refused as malformed or as a passkey, never with a 5xx', async () => {
    const test = createPasskeyAuth({ limits: { ceremonyPerNetwork: { limit: 1_000, windowMs: minuteMs } } })
    const { authenticator, browser: hers } = await owner(test, ada, createSoftwareAuthenticator(), 'primary')
    const browser = test.browser()
    const wrong: readonly unknown[] = ['', 'A', 'AAAA', '====', '\u0000', 7, null, [], {}, 'A'.repeat(40_000)]
    const codes = new Set<string>()
    for (const field of ['clientDataJSON', 'authenticatorData', 'signature', 'userHandle']) {
      for (const value of wrong) {
        const { ticket, options } = await begin(browser, '/sign-in/passkey/start', {})
        const honest = authenticator.get(options)
        const answer = await finish(browser, ticket, { ...honest, response: { ...honest.response, [field]: value } })
        codes.add(String(answer.body['code']))
      }
    }
    for (const field of ['clientDataJSON', 'attestationObject', 'transports']) {
      for (const value of wrong) {
        const { ticket, options } = await begin(hers, '/passkeys/register/start')
        const honest = createSoftwareAuthenticator().create(options)
        const response = { ...honest, response: { ...honest.response, [field]: value } }
        const answer = await hers.post('/passkeys/register/finish', { ticket, response, usage: 'primary' })
        codes.add(String(answer.body['code']))
      }
    }
    // An empty list of transports is honest.
    codes.delete('undefined')
    expect(codes).toEqual(new Set(['invalid_fields', 'malformed', 'passkey_refused']))
  })
})
