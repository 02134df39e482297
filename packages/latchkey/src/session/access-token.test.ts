import { verify } from 'node:crypto'
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, type JSONWebKeySet } from 'jose'
import { describe, expect, it } from 'vitest'
import { noContext } from '../core/request-context.ts'
import { dayMs, minuteMs } from '../platform/clock.ts'
import { createTestAuth, type TestAuth } from '../testing/test-auth.ts'
import { createTestCore } from '../testing/test-core.ts'
import { aTestSession, aTestUser, bearer, signUpWithTokens, tokensIn } from '../testing/test-session.ts'
import { createAccessTokens } from './access-token.ts'
import { createSigningKeys } from './signing-keys.ts'

const email = 'ada@example.com'

async function publishedKeys(test: TestAuth): Promise<JSONWebKeySet> {
  const answer = await test.browser().get('/.well-known/jwks.json')
  expect(answer.status).toBe(200)
  return JSON.parse(answer.text) as JSONWebKeySet
}

/** Order of the P-256 group. */
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/** The same signature with `n − s` for `s`, which verifies as well (ECDSA is malleable). */
function mirrored(token: string): string {
  const [head = '', body = '', signature = ''] = token.split('.')
  const bytes = Buffer.from(signature, 'base64url')
  const s = order - BigInt(`0x${bytes.subarray(32).toString('hex')}`)
  const other = Buffer.concat([bytes.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')])
  return `${head}.${body}.${other.toString('base64url')}`
}

function inDer(token: string): string {
  const [head = '', body = '', signature = ''] = token.split('.')
  const bytes = Buffer.from(signature, 'base64url')
  const integer = (part: Buffer): Buffer => {
    const positive = (part[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), part]) : part
    return Buffer.concat([Buffer.from([0x02, positive.length]), positive])
  }
  const numbers = Buffer.concat([integer(bytes.subarray(0, 32)), integer(bytes.subarray(32))])
  const der = Buffer.concat([Buffer.from([0x30, numbers.length]), numbers])
  return `${head}.${body}.${der.toString('base64url')}`
}

describe('an access token', () => {
  it('is verified by another implementation with the published keys alone (RFC 9068)', async () => {
    const test = createTestAuth()
    const { tokens, answer } = await signUpWithTokens(test, email)
    const { user, session } = answer.body as { readonly user: { id: string }; readonly session: { id: string } }
    const { payload, protectedHeader } = await jwtVerify(
      tokens.accessToken,
      createLocalJWKSet(await publishedKeys(test)),
      {
        algorithms: ['ES256'],
        typ: 'at+jwt',
        issuer: 'https://app.example.com/auth',
        audience: 'https://app.example.com',
        currentDate: new Date(test.clock.now()),
        requiredClaims: ['sub', 'sid', 'jti', 'iat', 'exp', 'aal', 'amr', 'auth_time'],
      },
    )
    const now = test.clock.now() / 1_000
    expect(payload).toMatchObject({
      sub: user.id,
      sid: session.id,
      aal: 1,
      amr: ['pwd', 'otp'],
      auth_time: now,
      iat: now,
    })
    expect(payload.exp).toBe(now + tokens.expiresIn)
    expect(tokens.expiresIn).toBe(900)
    expect(Object.keys(protectedHeader).toSorted((a, b) => (a < b ? -1 : 1))).toEqual(['alg', 'kid', 'typ'])
  })

  it('is new every time, and says nothing about the person but ids', async () => {
    const core = createTestCore()
    const accessTokens = createAccessTokens({ ...core, signingKeys: createSigningKeys(core) })
    const user = await aTestUser(core, { name: 'Ada' })
    const { session } = await aTestSession(core, user, 'token')
    const issued = [await accessTokens.issue(session), await accessTokens.issue(session)]
    expect(issued[0]?.token).not.toBe(issued[1]?.token)
    const claims = Buffer.from(issued[0]?.token.split('.')[1] ?? '', 'base64url').toString()
    expect(claims).not.toContain(user.email)
    expect(claims).not.toContain('Ada')
  })

  it('is refused by the engine the moment its session ends, though its signature is still good', async () => {
    const test = createTestAuth()
    const { client, tokens } = await signUpWithTokens(test, email)
    const headers = bearer(tokens.accessToken)
    expect((await client.get('/session', headers)).status).toBe(200)
    expect((await client.delete('/session', headers)).status).toBe(204)
    expect((await client.get('/session', headers)).status).toBe(401)
    const keys = createLocalJWKSet(await publishedKeys(test))
    await expect(
      jwtVerify(tokens.accessToken, keys, { currentDate: new Date(test.clock.now()) }),
    ).resolves.toBeDefined()
  })

  it('is refused where a cookie session is meant, and for a session of another person', async () => {
    const core = createTestCore()
    const test = createTestAuth({ clock: core.clock, storage: core.store })
    const accessTokens = createAccessTokens({ ...core, signingKeys: createSigningKeys(core) })
    const user = await aTestUser(core)
    const other = await aTestUser(core)
    const native = await aTestSession(core, user, 'token')
    const cookie = await aTestSession(core, user)
    const statusOf = async (token: string): Promise<number> =>
      (await test.browser().get('/session', bearer(token))).status
    expect(await statusOf((await accessTokens.issue(native.session)).token)).toBe(200)
    expect(await statusOf((await accessTokens.issue(cookie.session)).token)).toBe(401)
    expect(await statusOf((await accessTokens.issue({ ...native.session, userId: other.id })).token)).toBe(401)
  })

  it('stands before a cookie that comes with it, and a dead one is not saved by the cookie', async () => {
    const test = createTestAuth()
    const bob = await test.signUp('bob@example.com')
    const { client, tokens } = await signUpWithTokens(test, email)
    expect((await bob.get('/session', bearer(tokens.accessToken))).body).toMatchObject({ user: { email } })
    await client.delete('/session', bearer(tokens.accessToken))
    expect((await bob.get('/session', bearer(tokens.accessToken))).status).toBe(401)
    expect((await bob.get('/session', { authorization: 'Basic Ym9iOmJvYg==' })).status).toBe(200)
  })

  it('never outlives its session, and says so', async () => {
    const test = createTestAuth({ session: { absoluteMs: 30 * dayMs, idleMs: 30 * dayMs } })
    const { client, tokens } = await signUpWithTokens(test, email)
    await test.clock.advance(30 * dayMs - minuteMs)
    const late = tokensIn(await client.post('/session/refresh', { refreshToken: tokens.refreshToken }))
    expect(late.expiresIn).toBe(60)
    await test.clock.advance(minuteMs - 1)
    expect((await client.get('/session', bearer(late.accessToken))).status).toBe(200)
    await test.clock.advance(1)
    expect((await client.get('/session', bearer(late.accessToken))).status).toBe(401)
  })

  it('in its mirrored signature is the same token with the same claims: nothing counts tokens by their text', async () => {
    const test = createTestAuth()
    const { client, tokens } = await signUpWithTokens(test, email)
    const twin = mirrored(tokens.accessToken)
    expect(twin).not.toBe(tokens.accessToken)
    expect((await client.get('/session', bearer(twin))).status).toBe(200)
    expect((await client.delete('/session', bearer(twin))).status).toBe(204)
    for (const token of [twin, tokens.accessToken]) {
      expect((await client.get('/session', bearer(token))).status).toBe(401)
    }
  })

  it('with its signature in DER is refused, though the numbers are right (RFC 7518 section 3.4)', async () => {
    const core = createTestCore()
    const signingKeys = createSigningKeys(core)
    const accessTokens = createAccessTokens({ ...core, signingKeys })
    const { session } = await aTestSession(core, await aTestUser(core), 'token')
    const der = inDer((await accessTokens.issue(session)).token)
    const [head = '', body = '', signature = ''] = der.split('.')
    const { publicKey } = await signingKeys.current()
    expect(verify('sha256', Buffer.from(`${head}.${body}`), publicKey, Buffer.from(signature, 'base64url'))).toBe(true)
    expect(await accessTokens.verify(der)).toEqual({ ok: false, reason: 'malformed' })
  })

  it('of a rotated key is good until it expires; of a removed key it is refused within a minute', async () => {
    const test = createTestAuth()
    const { client, tokens } = await signUpWithTokens(test, email)
    expect(await test.auth.signingKeys.rotate(noContext, 'cli')).toBe(true)
    expect((await client.get('/session', bearer(tokens.accessToken))).status).toBe(200)
    const next = tokensIn(await client.post('/session/refresh', { refreshToken: tokens.refreshToken }))
    const kids = [tokens, next].map(({ accessToken }) => decodeProtectedHeader(accessToken).kid)
    expect(kids[0]).not.toBe(kids[1])
    expect((await publishedKeys(test)).keys.map(({ kid }) => kid)).toEqual(expect.arrayContaining(kids))
    const removed = await test.storage.commit(
      [{ kind: 'removeExpired', what: 'signing-keys', before: test.clock.now() + 1, limit: 10 }],
      test.clock.now(),
    )
    expect(removed).toEqual({ ok: true, changed: [1] })
    await test.clock.advance(minuteMs)
    expect((await client.get('/session', bearer(tokens.accessToken))).status).toBe(401)
    expect((await client.get('/session', bearer(next.accessToken))).status).toBe(200)
  })
})
