import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT, type JWK } from 'jose'

type SigningKey = Awaited<ReturnType<typeof generateKeyPair>>['privateKey']

export interface ForgingProvider {
  readonly issuer: string
  /** Its own key, and one that its key set does not have. */
  readonly key: SigningKey
  readonly strangersKey: SigningKey
  readonly jwk: JWK
  /** What its documents and answers are, each to be changed by a test. */
  metadata: Record<string, unknown>
  jwks: { keys: readonly JWK[] }
  /** Given the form of the token request; its answer, status 400 where it holds an `error`. */
  token: (form: URLSearchParams) => Promise<Record<string, unknown>> | Record<string, unknown>
  userInfo: Record<string, unknown>
  /** Paths that were asked for, in order. */
  readonly asked: string[]
  /** An ID token with these claims over the usual ones, signed by its own key unless another is given. */
  idToken(
    claims: Readonly<Record<string, unknown>>,
    how?: { readonly key?: SigningKey | Uint8Array; readonly header?: Readonly<Record<string, unknown>> },
  ): Promise<string>
  close(): Promise<void>
}

/** A provider that says whatever a test wants, on loopback: what no honest implementation can be made to send. */
export async function startForgingProvider({
  clientId,
  now,
}: {
  readonly clientId: string
  readonly now: () => number
}): Promise<ForgingProvider> {
  const own = await generateKeyPair('RS256', { extractable: true })
  const stranger = await generateKeyPair('RS256', { extractable: true })
  const jwk = { ...(await exportJWK(own.publicKey)), kid: 'own', alg: 'RS256', use: 'sig' }
  const server: Server = createServer((request, response) => {
    const path = request.url ?? ''
    fixture.asked.push(path)
    const send = (body: unknown, status = 200): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    if (path === '/.well-known/openid-configuration') send(fixture.metadata)
    else if (path === '/jwks') send(fixture.jwks)
    else if (path === '/userinfo') send(fixture.userInfo)
    else if (path === '/token') {
      let form = ''
      request.on('data', (chunk) => (form += String(chunk)))
      request.on('end', () => {
        void Promise.resolve(fixture.token(new URLSearchParams(form))).then((body) =>
          send(body, 'error' in body ? 400 : 200),
        )
      })
    } else send({}, 404)
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`

  const fixture: ForgingProvider = {
    issuer,
    key: own.privateKey,
    strangersKey: stranger.privateKey,
    jwk,
    metadata: {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      userinfo_endpoint: `${issuer}/userinfo`,
      authorization_response_iss_parameter_supported: true,
      id_token_signing_alg_values_supported: ['RS256'],
    },
    jwks: { keys: [jwk] },
    token: () => ({}),
    userInfo: {},
    asked: [],
    idToken(claims, { key = own.privateKey, header = {} } = {}) {
      const issuedAt = Math.floor(now() / 1_000)
      const payload = { iss: issuer, aud: clientId, sub: 'ada', iat: issuedAt, exp: issuedAt + 300, ...claims }
      return new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid: 'own', ...header }).sign(key)
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return fixture
}
