import { describe, expect, it } from 'vitest'
import { createSeededRandom } from '../../../testing/seeded-random.ts'
import { google } from '../providers/google.ts'
import { oidc } from '../providers/oidc.ts'
import { judgeResponse } from './authorization-response.ts'
import { authorizationUrl } from './authorization-url.ts'
import { codeChallengeOf, mintCodeVerifier } from './pkce.ts'
import { readProfile } from './profile.ts'
import { judgeServer } from './server.ts'

const registration = { clientId: 'id', clientSecret: 'secret' }
const acme = oidc({ id: 'acme', issuer: 'https://id.acme.example', ...registration })
const endpoints = {
  issuer: 'https://id.acme.example',
  authorization_endpoint: 'https://id.acme.example/authorize?tenant=1',
  token_endpoint: 'https://id.acme.example/token',
  jwks_uri: 'https://id.acme.example/jwks',
}

describe('PKCE', () => {
  it('makes the challenge of RFC 7636 appendix B', () => {
    expect(codeChallengeOf('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')).toBe(
      'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    )
  })

  it('makes verifiers of 43 unreserved characters, each another (section 4.1)', () => {
    const random = createSeededRandom()
    const verifiers = Array.from({ length: 100 }, () => mintCodeVerifier(random))
    expect(verifiers.every((verifier) => /^[A-Za-z0-9_-]{43}$/.test(verifier))).toBe(true)
    expect(new Set(verifiers).size).toBe(100)
  })
})

describe('the authorization request', () => {
  const request = { redirectUri: 'https://app.example.com/cb', state: 's', nonce: 'n', codeChallenge: 'c' }

  it('has everything that binds the answer to it, and keeps the query of the endpoint', () => {
    const url = new URL(authorizationUrl(acme, endpoints, request))
    expect(Object.fromEntries(url.searchParams)).toEqual({
      tenant: '1',
      response_type: 'code',
      client_id: 'id',
      redirect_uri: 'https://app.example.com/cb',
      scope: 'openid email profile',
      state: 's',
      nonce: 'n',
      code_challenge: 'c',
      code_challenge_method: 'S256',
    })
  })

  it('asks for no more than a sign-in needs, unless the application does', () => {
    const scopeOf = (scopes?: readonly string[]): string | null =>
      new URL(
        authorizationUrl(google({ ...registration, ...(scopes === undefined ? {} : { scopes }) }), endpoints, request),
      ).searchParams.get('scope')
    expect([scopeOf(), scopeOf(['calendar', 'email'])]).toEqual([
      'openid email profile',
      'openid email profile calendar',
    ])
  })

  it('never carries the secret', () => {
    expect(authorizationUrl(acme, endpoints, request)).not.toContain(registration.clientSecret)
    expect(JSON.stringify(acme)).not.toContain(`"${registration.clientSecret}"`)
  })
})

describe('the authorization response (RFC 9207)', () => {
  const server = { ...endpoints, authorization_response_iss_parameter_supported: false }
  const strict = { ...endpoints, authorization_response_iss_parameter_supported: true }
  const judge = (given: Parameters<typeof judgeResponse>[2], of = strict): string => {
    const judged = judgeResponse(of, 'id', given)
    return judged.ok ? `code ${judged.parameters.get('code')}` : judged.reason
  }

  it('takes a code from the pinned issuer alone, compared as text', () => {
    const iss = 'https://id.acme.example'
    expect(judge({ code: 'x', iss })).toBe('code x')
    const others = ['https://id.acme.example/', 'https://ID.acme.example', 'https://evil.example', '', `${iss} `]
    expect(others.map((other) => judge({ code: 'x', iss: other }))).toEqual(others.map(() => 'wrong_issuer'))
  })

  it('wants `iss` where it is announced, and compares it where it is not', () => {
    expect([judge({ code: 'x' }), judge({ code: 'x' }, server)]).toEqual(['wrong_issuer', 'code x'])
    expect(judge({ code: 'x', iss: 'https://evil.example' }, server)).toBe('wrong_issuer')
  })

  it('believes an error only of that issuer, and never a code beside it', () => {
    const iss = 'https://id.acme.example'
    expect(judge({ error: 'access_denied', iss })).toBe('denied')
    expect(judge({ error: 'access_denied', iss: 'https://evil.example' })).toBe('wrong_issuer')
    expect(judge({ error: 'server_error', code: 'x', iss })).toBe('provider_error')
    expect([judge({ iss }), judge({ code: '', iss })]).toEqual(['answer_invalid', 'answer_invalid'])
  })
})

describe('metadata', () => {
  const judge = (changes: Record<string, unknown>): string => {
    const judged = judgeServer(acme, { ...endpoints, ...changes })
    return judged.ok ? 'accepted' : judged.reason
  }

  it('is accepted when it is of the issuer that was asked for, and of no other (ASVS 10.5.3)', () => {
    expect(judge({})).toBe('accepted')
    const others = ['https://id.acme.example/', 'https://evil.example', 'http://id.acme.example', undefined, 5, '']
    expect(others.map((issuer) => judge({ issuer }))).toEqual(others.map(() => 'metadata_refused'))
  })

  it('is refused with an endpoint that is missing or not secure', () => {
    const names = ['authorization_endpoint', 'token_endpoint', 'jwks_uri']
    const values = [
      undefined,
      'http://id.acme.example/x',
      'javascript:alert(1)',
      'https://u:p@id.acme.example/',
      '/x',
      '',
    ]
    const outcomes = names.flatMap((name) => values.map((value) => judge({ [name]: value })))
    expect(outcomes).toEqual(outcomes.map(() => 'metadata_refused'))
  })

  it('is refused when every signature algorithm is symmetric or none', () => {
    expect(judge({ id_token_signing_alg_values_supported: ['none', 'HS256'] })).toBe('metadata_refused')
    expect(judge({ id_token_signing_alg_values_supported: ['none', 'ES256'] })).toBe('accepted')
  })
})

describe('a profile', () => {
  const read = (parts: Record<string, unknown>): ReturnType<typeof readProfile> =>
    readProfile('https://id.acme.example', { subject: 'ada', ...parts })

  it('needs a subject that can be a key', () => {
    const subjects = [undefined, null, 5, '', 'a b', 'ada ', 'adä', 'a\u0000', 'x'.repeat(256), {}]
    expect(subjects.map((subject) => read({ subject }))).toEqual(subjects.map(() => undefined))
    expect(read({ subject: 'x'.repeat(255) })?.subject).toHaveLength(255)
  })

  it('normalises the address, and takes one that is none for none', () => {
    expect(read({ email: ' Ada@Example.COM ', emailVerified: true })).toMatchObject({
      email: 'ada@example.com',
      emailVerified: true,
    })
    for (const email of ['x', 'a@b\r\nBcc: c@d', 5, { toString: () => 'a@b.example' }])
      expect(read({ email, emailVerified: true })).toMatchObject({ email: null, emailVerified: false })
  })

  it('keeps names on one line and pictures on HTTPS', () => {
    expect(read({ name: 'Ada\u202e\nLovelace', picture: 'https://a.example/p.png' })).toMatchObject({
      name: 'Ada  Lovelace',
      picture: 'https://a.example/p.png',
    })
    expect(read({ name: '\u0000', picture: 'javascript:alert(1)' })).toMatchObject({ name: null, picture: null })
    expect(read({ name: 'x'.repeat(99) + '😀' })?.name).toBe('x'.repeat(99))
  })
})
