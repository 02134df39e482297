import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair } from 'jose'
import { Provider } from 'oidc-provider'

export interface Person {
  readonly subject: string
  readonly email: string
  readonly emailVerified: boolean
  readonly name?: string
}

export interface RealProvider {
  readonly issuer: string
  /** Who signs in at the provider next, and who says no with `null`. */
  person: Person | null
  /**
   * What a browser does there: follows the redirects until one leads to the application, and gives that address. Each call is a fresh browser.
   */
  visit(authorizationUrl: string): Promise<URL>
  /** Closes its port, as an outage. */
  stop(): Promise<void>
  /** Opens it again. */
  start(): Promise<void>
}

export const clientId = 'latchkey-tests'
export const clientSecret = 'a-secret-that-the-provider-gave-us'

/** oidc-provider, the certified implementation, on loopback: signs whoever `person` is in at once, and asks for no consent. */
export async function startRealProvider(redirectUris: readonly string[]): Promise<RealProvider> {
  const people = new Map<string, Person>()
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const jwk = { ...(await exportJWK(privateKey)), kid: 'first', alg: 'RS256', use: 'sig' }
  let listener: (request: IncomingMessage, response: ServerResponse) => void = () => undefined
  let server = createServer((request, response) => listener(request, response))
  const port = await listen(server, 0)
  const issuer = `http://localhost:${port}`
  const provider = new Provider(issuer, {
    adapter: createAdapters(),
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: redirectUris,
        grant_types: ['authorization_code', 'refresh_token'],
      },
    ],
    claims: { email: ['email', 'email_verified'], profile: ['name', 'picture'] },
    cookies: { keys: ['a key of tests'] },
    features: { devInteractions: { enabled: false } },
    findAccount: (_: unknown, id: string) => ({
      accountId: id,
      claims: () => {
        const person = people.get(id)
        return { sub: id, email: person?.email, email_verified: person?.emailVerified, name: person?.name }
      },
    }),
    interactions: { url: (_: unknown, { uid }: { readonly uid: string }) => `/interaction/${uid}` },
    issueRefreshToken: () => Promise.resolve(true),
    jwks: { keys: [jwk] },
    pkce: { required: () => true },
    renderError: (context: { body: unknown }, out: unknown) => {
      context.body = out
    },
    rotateRefreshToken: true,
    scopes: ['openid', 'offline_access', 'email', 'profile'],
    ttl: {
      AccessToken: 3_600,
      AuthorizationCode: 60,
      Grant: 86_400,
      IdToken: 3_600,
      Interaction: 600,
      RefreshToken: 86_400,
      Session: 3_600,
    },
  })
  const answer = provider.callback()
  listener = (request, response) => {
    if (request.url?.startsWith('/interaction/') === true) void interact(request, response)
    else answer(request, response)
  }

  async function interact(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { prompt, params, session } = await provider.interactionDetails(request, response)
    const { person } = fixture
    if (person === null) {
      await provider.interactionFinished(request, response, { error: 'access_denied' })
      return
    }
    people.set(person.subject, person)
    if (prompt.name === 'login') {
      await provider.interactionFinished(request, response, { login: { accountId: person.subject } })
      return
    }
    const grant = new provider.Grant({ accountId: session?.accountId ?? '', clientId: params['client_id'] ?? '' })
    grant.addOIDCScope(params['scope'] ?? '')
    const grantId = await grant.save()
    await provider.interactionFinished(request, response, { consent: { grantId } }, { mergeWithLastSubmission: true })
  }

  const fixture: RealProvider = {
    issuer,
    person: null,
    async visit(authorizationUrl) {
      const cookies = new Map<string, string>()
      let url = new URL(authorizationUrl)
      while (url.origin === issuer) {
        const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
        const response = await fetch(url, { redirect: 'manual', headers: { cookie } })
        for (const line of response.headers.getSetCookie()) {
          const [pair = ''] = line.split(';')
          cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
        }
        const location = response.headers.get('location')
        if (location === null) throw new Error(`the provider stopped: ${response.status} ${await response.text()}`)
        await response.body?.cancel()
        url = new URL(location, url)
      }
      return url
    },
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
    async start() {
      server = createServer((request, response) => listener(request, response))
      await listen(server, port)
    },
  }
  return fixture
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve) => server.listen(port, 'localhost', resolve))
  return (server.address() as AddressInfo).port
}

interface Row {
  readonly grantId?: string
  readonly uid?: string
  consumed?: number
}

/** What the provider remembers: a map a kind, as its adapter interface wants it. */
function createAdapters(): (kind: string) => Record<string, (...input: readonly never[]) => Promise<unknown>> {
  const rows = new Map<string, Row>()
  return (kind) => {
    const key = (id: string): string => `${kind}/${id}`
    const done = Promise.resolve(undefined)
    return {
      find: (id: string) => Promise.resolve(rows.get(key(id))),
      findByUid: (uid: string) => Promise.resolve([...rows.values()].find((row) => row.uid === uid)),
      upsert(id: string, row: Row) {
        rows.set(key(id), row)
        return done
      },
      consume(id: string) {
        const row = rows.get(key(id))
        if (row !== undefined) row.consumed = 1
        return done
      },
      destroy(id: string) {
        rows.delete(key(id))
        return done
      },
      revokeByGrantId(grantId: string) {
        for (const [name, row] of rows) if (row.grantId === grantId) rows.delete(name)
        return done
      },
    }
  }
}
