import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { atLoopback, createOAuthJourney, landingOf, redirectUriOf } from '../../../../../test/oidc/oauth-journey.ts'
import type { OAuthJourney } from '../../../../../test/oidc/oauth-journey.ts'
import { startRealProvider, type RealProvider } from '../../../../../test/oidc/real-provider.ts'
import { minuteMs } from '../../platform/clock.ts'
import { testPassword } from '../../testing/test-auth.ts'
import type { TestAnswer, TestBrowser } from '../../testing/test-browser.ts'
import { emailCode } from '../email-code/index.ts'
import { password } from '../password/index.ts'

const ada = { subject: 'ada-at-acme', email: 'ada@example.com', emailVerified: true, name: 'Ada' }
const client = 'https://spa.example.net'
const redirectTo = `${client}/signed-in?from=acme`

let acme: RealProvider

beforeAll(async () => {
  acme = await startRealProvider([redirectUriOf('acme')])
})

beforeEach(() => {
  acme.person = ada
})

afterAll(() => acme.stop())

type Options = Partial<Parameters<typeof createOAuthJourney>[0]>

function journey(options: Options = {}): OAuthJourney {
  return createOAuthJourney({
    providers: [atLoopback(acme.issuer)],
    methods: (social) => ({
      methods: [password(), emailCode(), social],
      redirectOrigins: [client],
      allowedOrigins: [client],
    }),
    ...options,
  })
}

/** As a page of another origin sends it: without cookies. */
const asClient = { origin: client, 'sec-fetch-site': 'cross-site' }

interface Begun {
  readonly attempt: string
  readonly callback: URL
}

async function begin(app: TestBrowser): Promise<Begun> {
  const left = await app.post('/sign-in/oauth/acme', { mode: 'token', redirectTo }, asClient)
  expect([left.status, left.setCookies]).toEqual([200, []])
  return { attempt: String(left.body['attempt']), callback: await acme.visit(String(left.body['url'])) }
}

/** Lands at the client; what stands behind `#`. */
async function land(test: OAuthJourney, callback: URL): Promise<Readonly<Record<string, string>>> {
  const { answer, fields } = await test.comeBack(test.browser(), callback)
  expect(answer.headers.get('location')).toMatch(/^https:\/\/spa\.example\.net\/signed-in\?from=acme#/)
  expect(answer.setCookies).toEqual([])
  return fields
}

const finish = (app: TestBrowser, attempt: string, ticket: string): Promise<TestAnswer> =>
  app.post('/sign-in/oauth/finish', { attempt, ticket }, asClient)

describe('token mode', () => {
  it('gives the result to the client that began, though another browser came back', async () => {
    const test = journey()
    const app = test.browser()
    const { attempt, callback } = await begin(app)
    const { ticket = '', provider } = await land(test, callback)
    expect(provider).toBe('acme')
    const done = await finish(app, attempt, ticket)
    expect(done.body).toMatchObject({
      status: 'signed_in',
      user: { email: ada.email },
      session: { amr: ['fed'] },
      tokens: { tokenType: 'Bearer' },
    })
    expect(done.setCookies).toEqual([])
    const { accessToken } = done.body['tokens'] as { readonly accessToken: string }
    expect((await app.get('/session', { authorization: `Bearer ${accessToken}` })).status).toBe(200)
    expect(await test.events()).toEqual(['oauth.started', 'user.created', 'login.success'])
  })

  it('says when the account is to be proved, and binds the identity with the proof', async () => {
    const test = journey()
    await test.signUp(ada.email)
    const app = test.browser()
    const { attempt, callback } = await begin(app)
    const { ticket = '' } = await land(test, callback)
    const asked = await finish(app, attempt, ticket)
    expect(asked.body).toMatchObject({ status: 'needs_factor', factors: ['password', 'email_code'], link: 'acme' })
    const code = await test.codeFor(ada.email)
    const proof = { attempt: asked.body['attempt'], code }
    const proved = await app.post('/sign-in/factor/email-code', proof, asClient)
    expect(proved.body).toMatchObject({ status: 'signed_in', tokens: { tokenType: 'Bearer' } })
    const again = await begin(app)
    const known = await finish(app, again.attempt, (await land(test, again.callback))['ticket'] ?? '')
    expect(known.body['status']).toBe('signed_in')
  })

  it('tells refusals as problems, and errors at the address of the client', async () => {
    const test = journey({ linking: 'never' })
    const owner = await test.signUp(ada.email)
    expect(owner.cookies.size).toBeGreaterThan(0)
    const app = test.browser()
    const { attempt, callback } = await begin(app)
    expect(await finish(app, attempt, (await land(test, callback))['ticket'] ?? '')).toMatchObject({
      status: 409,
      body: { code: 'link_in_account' },
    })
    acme.person = null
    const denied = await begin(app)
    expect(await land(test, denied.callback)).toEqual({ error: 'access_denied', provider: 'acme' })
  })

  it('wants an address of our own or an allowed one to come back to, and no form', async () => {
    const test = journey()
    const app = test.browser()
    const start = (body: object): Promise<TestAnswer> => app.post('/sign-in/oauth/acme', { mode: 'token', ...body })
    expect((await start({})).body['fields']).toEqual({ redirectTo: 'required' })
    expect((await start({ redirectTo: 'https://evil.example/' })).body['fields']).toEqual({ redirectTo: 'invalid' })
    expect((await start({ redirectTo: '/app' })).status).toBe(200)
    const form = new Request('https://app.example.com/auth/sign-in/oauth/acme', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: 'https://app.example.com' },
      body: 'mode=token&redirectTo=%2Fapp',
    })
    expect((await test.auth.handle(form)).status).toBe(422)
  })
})

describe('a ticket', () => {
  it('opens nothing for who lured somebody to the provider, or slipped a ticket in', async () => {
    const test = journey()
    const attacker = test.browser()
    const app = test.browser()
    // The attacker began, the victim came back: the ticket lands at the client, in the victim's browser.
    const lure = await begin(attacker)
    const { ticket: victims = '' } = await land(test, lure.callback)
    const own = await begin(app)
    expect((await finish(app, own.attempt, victims)).body['code']).toBe('attempt_over')
    for (const guess of ['', 'x', victims, own.attempt, lure.attempt.slice(0, -1)])
      expect((await finish(attacker, guess, victims)).body['code']).toBe('attempt_over')
    // The attacker has attempt and ticket of an own sign-in, and brings the ticket to the victim's client.
    acme.person = { ...ada, subject: 'eve', email: 'eve@example.com' }
    const eves = await begin(attacker)
    const { ticket: planted = '' } = await land(test, eves.callback)
    expect((await finish(app, own.attempt, planted)).body['code']).toBe('attempt_over')
    expect((await finish(attacker, eves.attempt, planted)).body['status']).toBe('signed_in')
  })

  it('is good once, for two minutes, and so is the state', async () => {
    const test = journey()
    const app = test.browser()
    const first = await begin(app)
    const { ticket = '' } = await land(test, first.callback)
    const both = await Promise.all([finish(app, first.attempt, ticket), finish(app, first.attempt, ticket)])
    expect(both.filter(({ body }) => body['status'] === 'signed_in')).toHaveLength(1)
    expect((await finish(app, first.attempt, ticket)).body['code']).toBe('attempt_over')
    expect(landingOf((await test.comeBack(test.browser(), first.callback)).answer).page).toBe('/sign-in')
    const second = await begin(app)
    const late = (await land(test, second.callback))['ticket'] ?? ''
    await test.clock.advance(2 * minuteMs)
    expect((await finish(app, second.attempt, late)).body['code']).toBe('attempt_over')
    expect((await test.events()).filter((event) => event.startsWith('oauth.failed'))).toEqual([
      'oauth.failed spent',
      'oauth.failed spent',
      'oauth.failed expired',
    ])
  })

  it('asks for a second proof only once of parallel callers', async () => {
    const test = journey()
    await test.signUp(ada.email)
    const app = test.browser()
    const { attempt, callback } = await begin(app)
    const { ticket = '' } = await land(test, callback)
    const answers = await Promise.all(Array.from({ length: 3 }, () => finish(app, attempt, ticket)))
    expect(answers.filter(({ body }) => body['status'] === 'needs_factor')).toHaveLength(1)
    await test.auth.drainOutbox()
    const codes = test.mailbox.list().filter(({ to, code }) => to === ada.email && code !== undefined)
    // One of the registration, one of this.
    expect(codes).toHaveLength(2)
  })

  it('does not become a cookie session, and a cookie sign-in gives no ticket', async () => {
    const test = journey()
    const browser = test.browser()
    const landed = await test.signInAt(acme, browser)
    expect(landed.fields).toEqual({})
    const { attempt, callback } = await begin(test.browser())
    const { ticket = '' } = await land(test, callback)
    const body = { attempt: ticket, code: '123456' }
    expect((await browser.post('/sign-in/factor/email-code', body)).body['code']).toBe('attempt_over')
    expect((await browser.post('/identities/confirm', { attempt: ticket })).body['code']).toBe('attempt_over')
    expect((await browser.post('/sign-in/password', { email: ada.email, password: testPassword })).status).toBe(401)
    expect((await finish(test.browser(), attempt, ticket)).body['status']).toBe('signed_in')
  })
})
