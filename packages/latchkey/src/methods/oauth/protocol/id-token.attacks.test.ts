import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startForgingProvider, type ForgingProvider } from '../../../../../../test/oidc/forging-provider.ts'
import { systemClock } from '../../../platform/clock.ts'
import { createGuardedFetch } from '../../../platform/guarded-fetch.ts'
import { createFakeClock, type FakeClock } from '../../../testing/fake-clock.ts'
import { oidc } from '../providers/oidc.ts'
import { microsoft } from '../providers/microsoft.ts'
import { github } from '../providers/github.ts'
import type { Provider } from '../provider.ts'
import { judgeResponse } from './authorization-response.ts'
import { createProviderClient } from './client.ts'

const clientId = 'latchkey-tests'
const registration = { clientId, clientSecret: 'secret', unsafePrivateNetwork: { reason: 'tests' } }
const nonce = 'the nonce of this very request'
const person = { nonce, email: 'ada@example.com', email_verified: true }

let forger: ForgingProvider
let honest: Pick<ForgingProvider, 'metadata' | 'jwks' | 'userInfo'>
let clock: FakeClock

beforeAll(async () => {
  clock = createFakeClock(systemClock.now())
  forger = await startForgingProvider({ clientId, now: clock.now })
  honest = { metadata: forger.metadata, jwks: forger.jwks, userInfo: forger.userInfo }
})

afterAll(() => forger.close())

beforeEach(() => {
  Object.assign(forger, honest)
  clock.set(systemClock.now())
})

/** What comes of a code at a provider whose key set nobody has read yet; `ok` or the reason. */
async function redeem(
  token: string | Record<string, unknown>,
  of: (given: Provider) => Provider = (it) => it,
): Promise<string> {
  forger.token = () =>
    typeof token === 'string' ? { access_token: 'at', token_type: 'Bearer', id_token: token } : token
  const provider = of(oidc({ id: 'acme', issuer: forger.issuer, ...registration }))
  const client = createProviderClient(provider, { fetch: createGuardedFetch({ allowPrivateNetwork: true }), clock })
  const found = await client.findServer()
  if (!found.ok) return found.reason
  const iss = provider.issuer
  const judged = judgeResponse(found.server, clientId, { code: 'code', iss })
  if (!judged.ok) return judged.reason
  const redeemed = await client.redeemCode({
    server: found.server,
    parameters: judged.parameters,
    redirectUri: 'https://app.example.com/cb',
    codeVerifier: 'v'.repeat(43),
    nonce,
  })
  return redeemed.ok ? `ok ${redeemed.profile.email} ${redeemed.profile.emailVerified}` : redeemed.reason
}

describe('an ID token', () => {
  it('is believed when everything in it is right', async () => {
    expect(await redeem(await forger.idToken(person))).toBe('ok ada@example.com true')
  })

  it('is refused with a nonce that is missing or another', async () => {
    expect(await redeem(await forger.idToken({ ...person, nonce: 'of another request' }))).toBe('wrong_nonce')
    expect(await redeem(await forger.idToken({ ...person, nonce: undefined }))).toBe('answer_invalid')
    expect(await redeem(await forger.idToken({ ...person, nonce: `${nonce} ` }))).toBe('wrong_nonce')
  })

  it('is refused of another issuer, near ones too', async () => {
    const issuers = [
      'https://accounts.google.com',
      `${forger.issuer}/`,
      forger.issuer.toUpperCase(),
      `${forger.issuer}.evil`,
    ]
    const outcomes = await Promise.all(issuers.map(async (iss) => redeem(await forger.idToken({ ...person, iss }))))
    expect(outcomes).toEqual(issuers.map(() => 'wrong_issuer'))
  })

  it('is refused for another audience, beside others, or for another party', async () => {
    const claims = [{ aud: 'another' }, { aud: [] }, { aud: ['another'] }, { aud: [clientId, 'another'] }]
    const parties = [
      { aud: [clientId, 'another'], azp: 'another' },
      { azp: 'another' },
      { aud: clientId.toUpperCase() },
    ]
    for (const claim of [...claims, ...parties])
      expect([claim, await redeem(await forger.idToken({ ...person, ...claim }))]).toEqual([claim, 'wrong_audience'])
    expect(await redeem(await forger.idToken({ ...person, azp: clientId }))).toMatch(/^ok/)
  })

  it('is refused when it is over, or not yet valid, by the clock of the engine', async () => {
    const token = await forger.idToken(person)
    await clock.advance(328_000)
    expect(await redeem(token)).toMatch(/^ok/)
    await clock.advance(4_000)
    expect(await redeem(token)).toBe('token_expired')
    const now = Math.floor(clock.now() / 1_000)
    expect(await redeem(await forger.idToken({ ...person, nbf: now + 60 }))).toBe('token_expired')
    expect(await redeem(await forger.idToken({ ...person, exp: 'tomorrow' }))).toBe('answer_invalid')
    expect(await redeem(await forger.idToken({ ...person, exp: undefined }))).toBe('answer_invalid')
  })

  it('is refused with a signature by any other key, in whatever way it names it', async () => {
    const { strangersKey: key } = forger
    const headers = [{}, { kid: 'unknown' }, { kid: '../../own' }, { kid: "own' OR '1'='1" }]
    const inside = [{ jwk: forger.jwk }, { jku: `${forger.issuer}/evil` }, { x5u: `${forger.issuer}/evil` }]
    for (const header of [...headers, ...inside])
      expect([header, await redeem(await forger.idToken(person, { key, header }))]).toEqual([header, 'bad_signature'])
    expect(forger.asked).not.toContain('/evil')
  })

  it('is refused when it was changed after it was signed', async () => {
    const [header = '', , signature = ''] = (await forger.idToken(person)).split('.')
    const other = (await forger.idToken({ ...person, sub: 'the boss' })).split('.')[1] ?? ''
    expect(await redeem(`${header}.${other}.${signature}`)).toBe('bad_signature')
    expect(await redeem(`${header}.${other}.`)).toBe('bad_signature')
    expect(await redeem(`${header}.${other}`)).toBe('answer_invalid')
    expect(await redeem('x')).toBe('answer_invalid')
  })

  it('is refused under an algorithm that was not agreed: none, HMAC with the public key or the secret', async () => {
    const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const payload = (await forger.idToken(person)).split('.')[1] ?? ''
    expect(await redeem(`${encode({ alg: 'none' })}.${payload}.`)).toBe('wrong_algorithm')
    for (const key of [JSON.stringify(forger.jwk), registration.clientSecret.padEnd(32, '!')]) {
      const token = await forger.idToken(person, { key: Buffer.from(key), header: { alg: 'HS256' } })
      expect(await redeem(token)).toBe('wrong_algorithm')
    }
    forger.metadata = { ...forger.metadata, id_token_signing_alg_values_supported: ['HS256', 'none', 'RS256'] }
    const hmac = await forger.idToken(person, { key: Buffer.from('x'.repeat(32)), header: { alg: 'HS256' } })
    expect([await redeem(hmac), await redeem(`${encode({ alg: 'none' })}.${payload}.`)]).toEqual([
      'wrong_algorithm',
      'wrong_algorithm',
    ])
  })

  it('is wanted: an answer without one is refused, and so is one that is no answer', async () => {
    const answers = [
      { access_token: 'at', token_type: 'Bearer' },
      {},
      { access_token: 5 },
      { error: 'invalid_request' },
    ]
    for (const answer of answers) expect(await redeem(answer)).toBe('answer_invalid')
    expect(await redeem({ error: 'invalid_grant' })).toBe('code_refused')
  })

  it('is refused without a subject, or with one that can be no key', async () => {
    for (const sub of ['', ' ', 'a b', 'x'.repeat(256)])
      expect([sub, await redeem(await forger.idToken({ ...person, sub }))]).toEqual([sub, 'no_subject'])
    for (const sub of [undefined, 5])
      expect(await redeem(await forger.idToken({ ...person, sub }))).toBe('answer_invalid')
  })

  it('is not completed by userinfo about somebody else', async () => {
    const token = await forger.idToken({ nonce })
    forger.userInfo = { sub: 'eve', email: 'eve@example.com', email_verified: true }
    expect(await redeem(token)).toBe('wrong_subject')
    forger.userInfo = { sub: 'ada', email: 'ada@example.com', email_verified: true, nonce: 'x', iss: 'x' }
    expect(await redeem(token)).toBe('ok ada@example.com true')
  })

  it('is not asked for at a provider whose metadata names another issuer', async () => {
    forger.metadata = { ...forger.metadata, issuer: 'https://accounts.google.com' }
    expect(await redeem(await forger.idToken(person))).toBe('metadata_refused')
  })

  it('never leads to addresses that metadata names in the network', async () => {
    forger.metadata = { ...forger.metadata, jwks_uri: 'http://169.254.169.254/latest' }
    expect(await redeem(await forger.idToken(person))).toBe('metadata_refused')
    forger.metadata = { ...honest.metadata, token_endpoint: 'https://169.254.169.254/token' }
    expect(await redeem(await forger.idToken(person))).toBe('metadata_refused')
  })
})

describe('an ID token of one of many tenants', () => {
  const tenant = '72f988bf-86f1-41af-91ab-2d7cd011db47'
  const other = '00000000-0000-0000-0000-000000000001'
  const issuerOf = (tid: string): string => `https://login.microsoftonline.com/${tid}/v2.0`
  /** Microsoft's rules at the endpoints of the forger. */
  const tenants = (): Provider => {
    const { issuer } = forger
    const server = {
      authorization_endpoint: `${issuer}/a`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
    }
    return { ...microsoft({ clientId, clientSecret: 'secret', unsafePrivateNetwork: { reason: 'tests' } }), server }
  }

  it('belongs to the issuer of its tenant, and to no other', async () => {
    const claims = { nonce, tid: tenant, email: 'ada@example.com' }
    expect(await redeem(await forger.idToken({ ...claims, iss: issuerOf(tenant) }), tenants)).toBe(
      'ok ada@example.com false',
    )
    const wrong = [
      issuerOf(other),
      'https://login.microsoftonline.com/common/v2.0',
      issuerOf('{tenantid}'),
      forger.issuer,
    ]
    for (const iss of wrong)
      expect([iss, await redeem(await forger.idToken({ ...claims, iss }), tenants)]).toEqual([iss, 'wrong_issuer'])
    for (const tid of [undefined, 'common', '../x', 5])
      expect(await redeem(await forger.idToken({ ...claims, tid, iss: issuerOf(String(tid)) }), tenants)).toBe(
        'wrong_issuer',
      )
  })

  it('is refused when its key is that of another tenant', async () => {
    const token = await forger.idToken({ nonce, tid: tenant, iss: issuerOf(tenant) })
    const keyOf = (issuer: string): typeof forger.jwks => ({ keys: [{ ...forger.jwk, issuer } as typeof forger.jwk] })
    forger.jwks = keyOf(issuerOf(other))
    expect(await redeem(token, tenants)).toBe('bad_signature')
    forger.jwks = keyOf('https://login.microsoftonline.com/{tenantid}/v2.0')
    expect(await redeem(token, tenants)).toMatch(/^ok/)
  })
})

describe('a provider without ID tokens', () => {
  it('is asked for the profile with the access token, and errors inside an answer of status 200 are read', async () => {
    const server = (): Provider => ({
      ...github({ clientId, clientSecret: 'secret' }),
      server: { authorization_endpoint: `${forger.issuer}/a`, token_endpoint: `${forger.issuer}/token` },
      profileUrls: [`${forger.issuer}/userinfo`, `${forger.issuer}/nothing`],
      privateNetwork: true,
    })
    forger.userInfo = { id: 1, login: 'ada' }
    expect(await redeem({ access_token: 'at', token_type: 'bearer' }, server)).toBe('ok null false')
    forger.userInfo = { message: 'Bad credentials' }
    expect(await redeem({ access_token: 'at', token_type: 'bearer' }, server)).toBe('no_subject')
  })
})
