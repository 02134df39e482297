import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { minuteMs } from '../platform/clock.ts'
import { createTestCore, type TestCore } from '../testing/test-core.ts'
import { aTestSession, aTestUser, countingStore } from '../testing/test-session.ts'
import { createAccessTokens, type AccessTokens } from './access-token.ts'
import { createSigningKeys, type SigningKeys } from './signing-keys.ts'

type Json = Readonly<Record<string, unknown>>

interface Bench {
  readonly core: TestCore
  readonly tokens: AccessTokens
  readonly signingKeys: SigningKeys
  readonly token: string
  readonly header: Json
  readonly claims: Json
  /** Signs anything with the true key: what only we can do. */
  signed(header: Json, claims: unknown): Promise<string>
}

async function aBench(core: TestCore = createTestCore()): Promise<Bench> {
  const signingKeys = createSigningKeys(core)
  const tokens = createAccessTokens({ ...core, signingKeys })
  const { session } = await aTestSession(core, await aTestUser(core), 'token')
  const { token } = await tokens.issue(session)
  const [head = '', body = ''] = token.split('.')
  return {
    core,
    tokens,
    signingKeys,
    token,
    header: parse(head),
    claims: parse(body),
    async signed(header, claims) {
      return signedBy((await signingKeys.current()).privateKey(), header, claims)
    },
  }
}

function parse(part: string): Json {
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as Json
}

function part(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64url')
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
}

function signedBy(key: KeyObject, header: unknown, claims: unknown): string {
  const text = `${part(header)}.${part(claims)}`
  return `${text}.${sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

/** The attempts that were not refused for the reason that is expected of all of them. */
async function others(
  { tokens }: Bench,
  reason: string,
  attempts: readonly string[],
): Promise<readonly (readonly [string, string])[]> {
  const results = await Promise.all(attempts.map((attempt) => tokens.verify(attempt)))
  return results.flatMap((result, index) => {
    const got = result.ok ? 'accepted' : result.reason
    return got === reason ? [] : [[attempts[index] ?? '', got] as const]
  })
}

describe('the header of an access token (RFC 8725)', () => {
  it('fixes algorithm and type: none, HMAC with the public key, other types and crit are refused', async () => {
    const bench = await aBench()
    const { header, claims } = bench
    const key = await bench.signingKeys.current()
    const none = ['none', 'None', 'NONE', ''].map((alg) => `${part({ ...header, alg })}.${part(claims)}.`)
    const publicTexts = [key.publicJwk, key.publicKey.export({ format: 'pem', type: 'spki' }).toString()]
    const hmacs = publicTexts.map((secret) => {
      const text = `${part({ ...header, alg: 'HS256' })}.${part(claims)}`
      return `${text}.${createHmac('sha512', secret).update(text).digest('base64url').slice(0, 86)}`
    })
    expect(await others(bench, 'malformed', none)).toEqual([])
    const headers = [
      { ...header, alg: 'ES384' },
      { ...header, alg: 'ES256K' },
      { ...header, alg: 'es256' },
      { ...header, alg: ['ES256'] },
      { ...header, alg: undefined },
      { ...header, typ: 'JWT' },
      { ...header, typ: 'at+JWT' },
      { ...header, typ: 'id_token+jwt' },
      { ...header, typ: undefined },
      { ...header, typ: ['at+jwt'] },
      { ...header, crit: ['b64'], b64: false },
      { ...header, crit: [] },
      { ...header, crit: null },
    ]
    const signed = await Promise.all(headers.map((changed) => bench.signed(changed, claims)))
    expect(await others(bench, 'wrong_type', [...signed, ...hmacs.filter((text) => !text.endsWith('.'))])).toEqual([])
  })

  it('names a key of ours: keys inside the token and addresses of keys are never read', async () => {
    const bench = await aBench()
    const { header, claims } = bench
    const attacker = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const jwk = attacker.publicKey.export({ format: 'jwk' })
    const carrying = [
      { ...header, jwk },
      { ...header, jku: 'https://attacker.example/jwks.json' },
      { ...header, x5u: 'https://attacker.example/cert.pem' },
      { ...header, x5c: ['MIIB'] },
    ].map((changed) => signedBy(attacker.privateKey, changed, claims))
    expect(await others(bench, 'bad_signature', carrying)).toEqual([])
    const kids = ['', 'attacker', '../../dev/null', "' UNION SELECT 1 --", '__proto__', 'constructor', 0, null, {}]
    const unknown = [...kids, [header['kid']], undefined].map((kid) =>
      signedBy(attacker.privateKey, { ...header, kid, jwk }, claims),
    )
    expect(await others(bench, 'unknown_key', unknown)).toEqual([])
  })

  it('with an unknown key makes us read the list at most each five seconds', async () => {
    const core = createTestCore()
    const { store, calls } = countingStore(core.store)
    const bench = await aBench({ ...core, store })
    const forged = await bench.signed({ ...bench.header, kid: 'unknown' }, bench.claims)
    calls.clear()
    for (let ms = 0; ms < minuteMs; ms += 100) {
      core.clock.set(core.clock.now() + 100)
      await bench.tokens.verify(forged)
    }
    await Promise.all(Array.from({ length: 100 }, () => bench.tokens.verify(forged)))
    expect(calls.get('listSigningKeys')).toBeLessThanOrEqual(12)
  })
})

describe('the claims of an access token', () => {
  it('must name our issuer and our audience, each as one text', async () => {
    const bench = await aBench()
    const { header, claims } = bench
    const wrong = [
      { ...claims, iss: undefined },
      { ...claims, iss: 'https://app.example.com' },
      { ...claims, iss: 'https://app.example.com/auth/' },
      { ...claims, iss: 'https://APP.example.com/auth' },
      { ...claims, iss: 'https://app.example.com.attacker.example/auth' },
      { ...claims, iss: [claims['iss']] },
      { ...claims, aud: undefined },
      { ...claims, aud: null },
      { ...claims, aud: [claims['aud']] },
      { ...claims, aud: [claims['aud'], 'https://other.example'] },
      { ...claims, aud: 'https://app.example.com/' },
      { ...claims, aud: '' },
    ]
    const signed = await Promise.all(wrong.map((changed) => bench.signed(header, changed)))
    expect(await others(bench, 'wrong_issuer', signed)).toEqual([])
  })

  it('must have whole seconds for times, a user and a session', async () => {
    const bench = await aBench()
    const { header, claims } = bench
    const odd = ['1793610900', 1_793_610_900.5, null, undefined, true, [1_793_610_900], {}, 1e300, 2 ** 53]
    const wrong = [
      ...odd.flatMap((value) => [
        { ...claims, exp: value },
        { ...claims, iat: value },
        { ...claims, auth_time: value },
      ]),
      { ...claims, nbf: '0' },
      { ...claims, nbf: null },
      { ...claims, sub: undefined },
      { ...claims, sub: 7 },
      { ...claims, sub: `${String(claims['sub'])}x` },
      { ...claims, sub: [claims['sub']] },
      { ...claims, sid: undefined },
      { ...claims, sid: '*' },
      [claims],
      'claims',
      'null',
      '{"iss":',
      // `{"é":1}` in Latin-1: not UTF-8.
      new Uint8Array([0x7b, 0x22, 0xe9, 0x22, 0x3a, 0x31, 0x7d]),
    ]
    const signed = await Promise.all(wrong.map((changed) => bench.signed(header, changed)))
    expect(await others(bench, 'malformed', signed)).toEqual([])
  })

  it('are over at exp to the second, and not used before iat or nbf but for five seconds between clocks', async () => {
    const bench = await aBench()
    const { header, claims, core, token } = bench
    const now = Math.floor(core.clock.now() / 1_000)
    const early = await Promise.all(
      [
        { ...claims, iat: now + 6 },
        { ...claims, nbf: now + 6 },
        { ...claims, exp: now },
        { ...claims, exp: 0 },
        { ...claims, exp: -1 },
      ].map((changed) => bench.signed(header, changed)),
    )
    expect(await others(bench, 'expired', early)).toEqual([])
    expect(
      await bench.tokens.verify(await bench.signed(header, { ...claims, iat: now + 5, nbf: now + 5 })),
    ).toMatchObject({
      ok: true,
    })
    core.clock.set(core.clock.now() + 15 * minuteMs - 1)
    expect(await bench.tokens.verify(token)).toMatchObject({ ok: true })
    core.clock.set(core.clock.now() + 1)
    expect(await bench.tokens.verify(token)).toEqual({ ok: false, reason: 'expired' })
  })
})

describe('the spelling of an access token', () => {
  it('is the canonical one: cut, doubled, padded and re-spelled parts are refused', async () => {
    const bench = await aBench()
    const [head = '', body = '', signature = ''] = bench.token.split('.')
    const last = signature.at(-1) ?? ''
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const twin = alphabet[alphabet.indexOf(last) ^ 1] ?? ''
    const wrong = [
      '',
      '.',
      '..',
      head,
      `${head}.${body}`,
      `${head}.${body}.`,
      `.${body}.${signature}`,
      `${head}.${body}.${signature}.${signature}`,
      `${head}.${body}.${body}.${signature}`,
      `${bench.token}.`,
      `${bench.token}=`,
      ` ${bench.token}`,
      `${bench.token}\n`,
      `${head}.${body}.${signature.slice(0, -1)}`,
      `${head}.${body}.${signature}AA`,
      // The same bytes under another last character (RFC 4648 section 3.5).
      `${head}.${body}.${signature.slice(0, -1)}${twin}`,
      `${head}=.${body}.${signature}`,
      `${head.replaceAll('-', '+').replaceAll('_', '/')}+.${body}.${signature}`,
      `${part(['ES256'])}.${body}.${signature}`,
      `${part('null')}.${body}.${signature}`,
      `${part('{')}.${body}.${signature}`,
      'a'.repeat(5_000),
      `${head}.${'a'.repeat(5_000)}.${signature}`,
    ]
    expect(await others(bench, 'malformed', wrong)).toEqual([])
  })

  it('is signed as a whole: no one character can be another', async () => {
    const bench = await aBench()
    const flips = Array.from(bench.token, (character, index) => {
      const other = character === 'A' ? 'B' : 'A'
      return bench.token.slice(0, index) + other + bench.token.slice(index + 1)
    })
    const results = await Promise.all(flips.map((flip) => bench.tokens.verify(flip)))
    expect(results.filter(({ ok }) => ok)).toEqual([])
  })
})
