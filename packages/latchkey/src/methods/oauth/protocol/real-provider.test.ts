import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  clientId,
  clientSecret,
  startRealProvider,
  type RealProvider,
} from '../../../../../../test/oidc/real-provider.ts'
import { systemClock } from '../../../platform/clock.ts'
import { createGuardedFetch } from '../../../platform/guarded-fetch.ts'
import { systemRandom } from '../../../platform/random.ts'
import { oidc, type OidcOptions } from '../providers/oidc.ts'
import { judgeResponse } from './authorization-response.ts'
import { authorizationUrl } from './authorization-url.ts'
import { createProviderClient, type ProviderClient, type RedeemResult } from './client.ts'
import { codeChallengeOf, mintCodeVerifier } from './pkce.ts'

const redirectUri = 'https://app.example.com/auth/sign-in/oauth/acme/callback'
const ada = { subject: 'ada', email: 'ada@example.com', emailVerified: true, name: 'Ada' }

let provider: RealProvider

beforeAll(async () => {
  provider = await startRealProvider([redirectUri])
})

afterAll(() => provider.stop())

function clientFor(changes: Partial<OidcOptions> = {}): ProviderClient {
  const options = { id: 'acme', issuer: provider.issuer, clientId, clientSecret, ...changes }
  const acme = oidc({ ...options, unsafePrivateNetwork: { reason: 'the provider of tests runs on loopback' } })
  return createProviderClient(acme, { fetch: createGuardedFetch({ allowPrivateNetwork: true }), clock: systemClock })
}

interface Visit {
  readonly redeem: (changes?: { readonly codeVerifier?: string; readonly nonce?: string }) => Promise<RedeemResult>
}

async function visit(client: ProviderClient): Promise<Visit> {
  const found = await client.findServer()
  if (!found.ok) throw new Error(found.reason)
  const { server } = found
  const codeVerifier = mintCodeVerifier(systemRandom)
  const nonce = mintCodeVerifier(systemRandom)
  const url = authorizationUrl(
    client.provider,
    { authorization_endpoint: server.authorization_endpoint ?? '' },
    { redirectUri, state: 'state', nonce, codeChallenge: codeChallengeOf(codeVerifier) },
  )
  const back = await provider.visit(url)
  const { code, iss, error } = Object.fromEntries(back.searchParams)
  const judged = judgeResponse(server, clientId, { code, iss, error })
  const { parameters } = judged.ok ? judged : { parameters: new URLSearchParams() }
  return {
    redeem: (changes) =>
      judged.ok
        ? client.redeemCode({ server, parameters, redirectUri, codeVerifier, nonce, ...changes })
        : Promise.resolve(judged),
  }
}

describe('oidc-provider', () => {
  it('tells who somebody is, from ID token and userinfo', async () => {
    provider.person = ada
    const { redeem } = await visit(clientFor())
    expect(await redeem()).toEqual({
      ok: true,
      profile: {
        issuer: provider.issuer,
        subject: 'ada',
        email: 'ada@example.com',
        emailVerified: true,
        name: 'Ada',
        picture: null,
      },
      tokens: {
        accessToken: expect.any(String) as string,
        refreshToken: expect.any(String) as string,
        expiresAt: expect.any(Number) as number,
        scope: 'openid email profile',
      },
    })
  })

  it('refuses a code that was redeemed before, one of another verifier, and an ID token of another nonce', async () => {
    provider.person = ada
    const client = clientFor()
    const first = await visit(client)
    expect(await first.redeem()).toMatchObject({ ok: true })
    expect(await first.redeem()).toEqual({ ok: false, reason: 'code_refused' })
    const second = await visit(client)
    expect(await second.redeem({ codeVerifier: mintCodeVerifier(systemRandom) })).toEqual({
      ok: false,
      reason: 'code_refused',
    })
    const third = await visit(client)
    expect(await third.redeem({ nonce: 'another' })).toEqual({ ok: false, reason: 'wrong_nonce' })
  })

  it('says that the person said no', async () => {
    provider.person = null
    const { redeem } = await visit(clientFor())
    expect(await redeem()).toEqual({ ok: false, reason: 'denied' })
  })

  it('is told apart from one that does not know us', async () => {
    provider.person = ada
    const { redeem } = await visit(clientFor({ clientSecret: 'another' }))
    expect(await redeem()).toEqual({ ok: false, reason: 'client_refused' })
  })

  it('turns a refresh token', async () => {
    provider.person = ada
    const client = clientFor()
    const { redeem } = await visit(client)
    const redeemed = await redeem()
    const refreshToken = redeemed.ok ? (redeemed.tokens.refreshToken ?? '') : ''
    const turned = await client.refresh(refreshToken)
    expect(turned).toMatchObject({ ok: true, tokens: { accessToken: expect.any(String) as string } })
    expect(await client.refresh('made up')).toEqual({ ok: false, reason: 'code_refused' })
  })

  it('may be down, and up again', async () => {
    const client = clientFor()
    await provider.stop()
    expect(await client.findServer()).toEqual({ ok: false, reason: 'unreachable' })
    await provider.start()
    expect(await client.findServer()).toMatchObject({ ok: true })
    await provider.stop()
    // Its endpoints are known for an hour; redeeming a code needs it.
    expect(await client.findServer()).toMatchObject({ ok: true })
    await provider.start()
  })

  it('is not asked at all where a private network was not allowed', async () => {
    const closed = oidc({ id: 'acme', issuer: provider.issuer, clientId, clientSecret })
    const client = createProviderClient(closed, { fetch: createGuardedFetch(), clock: systemClock })
    expect(await client.findServer()).toEqual({ ok: false, reason: 'metadata_refused' })
  })
})
