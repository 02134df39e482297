import Database from 'better-sqlite3'
import { safeParse, type GenericSchema } from 'valibot'
import { defaultSettings } from '../../packages/latchkey/src/core/settings.ts'
import type { Route } from '../../packages/latchkey/src/methods/route.ts'
import { createSqliteStorage } from '../../packages/latchkey/src/storage/sql/sqlite/sqlite-storage.ts'
import { everyMethod } from '../../packages/latchkey/src/testing/every-method.ts'
import { createTestAuth, testPassword } from '../../packages/latchkey/src/testing/test-auth.ts'
import { bearer, signUpWithTokens } from '../../packages/latchkey/src/testing/test-session.ts'
import { atLoopback } from '../oidc/oauth-journey.ts'

/** With a millisecond between two requests none of them is ever over a limit. */
const generous = Object.fromEntries(
  Object.keys(defaultSettings.limits).map((name) => [name, { limit: 1_000, windowMs: 1_000 }]),
)

const anId = '01990000-0000-7000-8000-000000000000'
const aHandle = `${anId}.${'A'.repeat(43)}`
const idAndType = { id: 'AAAA', rawId: 'AAAA', type: 'public-key' }
const assertion = { clientDataJSON: 'AAAA', authenticatorData: 'AAAA', signature: 'AAAA', userHandle: 'AAAA' }
const attestation = { clientDataJSON: 'AAAA', attestationObject: 'AAAA', transports: ['usb'] }

/** What could stand in a field, so that the hostile one is all that is wrong with a request. A new field has to find its place here. */
const plausible: Readonly<Record<string, unknown>> = {
  attempt: aHandle,
  blocked: 'true',
  code: '123456',
  currentPassword: testPassword,
  cursor: anId,
  delayHours: 1,
  device: aHandle,
  email: 'somebody@example.com',
  emailVerified: true,
  error: 'access_denied',
  factorId: aHandle,
  iss: 'https://login.example.com',
  kind: 'login.failure',
  limit: '10',
  locale: 'en',
  mode: 'token',
  name: 'Somebody',
  password: testPassword,
  reason: 'a lost phone',
  redirectTo: '/app',
  refreshToken: `${aHandle}.${'A'.repeat(43)}`,
  roles: ['admin'],
  search: 'some',
  state: aHandle,
  status: 'queued',
  ticket: aHandle,
  token: aHandle,
  usage: 'both',
  userId: anId,
}

export function plausibleFields(schema: GenericSchema): Readonly<Record<string, unknown>> {
  const names = Object.keys((schema as unknown as { readonly entries: object }).entries)
  const fields = Object.fromEntries(names.map((name) => [name, plausible[name]]))
  if (!names.includes('response')) return fields
  const answers = [attestation, assertion].map((response) => ({ ...fields, response: { ...idAndType, response } }))
  return answers.find((answer) => safeParse(schema, answer).success) ?? fields
}

/** A port that refuses at once. */
const nobodyThere = 'http://127.0.0.1:9'

/** The engine with every method, on a database that can be looked into. */
export interface HostileSetting {
  readonly routes: readonly Route[]
  /** Every row of every table. */
  rows(): string
  send(
    route: Route,
    request: { readonly body?: unknown; readonly query?: Readonly<Record<string, unknown>>; readonly param?: string },
  ): Promise<Response>
}

export async function createHostileSetting(): Promise<HostileSetting> {
  const database = new Database(':memory:')
  const storage = await createSqliteStorage({ database })
  await storage.migrate()
  const test = createTestAuth({
    storage,
    methods: everyMethod([atLoopback(nobodyThere)]),
    limits: generous,
    sessionCache: false,
  })
  let headers = {}
  let admins = 0
  /** An administrator, who is let into every route: the hostile field is what stops them. */
  const comeIn = async (): Promise<void> => {
    const email = `admin${admins++}@example.com`
    headers = bearer((await signUpWithTokens(test, email)).tokens.accessToken)
    await test.auth.users.setRoles((await test.auth.users.findByEmail(email))?.id ?? '', ['admin'])
    await test.auth.drainOutbox()
  }
  await comeIn()
  const tables = database
    .prepare(`SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`)
    .pluck()
    .all() as readonly string[]
  return {
    routes: test.auth.routes,
    rows: () => JSON.stringify(tables.map((table) => database.prepare(`SELECT * FROM "${table}"`).all())),
    async send({ method, path, access }, { body, query, param }) {
      await test.clock.advance(1)
      if (access.kind !== 'public') {
        const session = new Request('https://app.example.com/auth/session', { headers })
        if ((await test.auth.handle(session)).status !== 200) await comeIn()
      }
      const target = path.replace(/:(\w+)/, (_, name: string) => param ?? (name === 'provider' ? 'acme' : anId))
      const search = query === undefined ? '' : `?${searchOf(query)}`
      const request = new Request(`https://app.example.com/auth${target}${search}`, {
        method,
        headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      return test.auth.handle(request, { remoteAddress: '192.0.2.1' })
    },
  }
}

function searchOf(query: Readonly<Record<string, unknown>>): string {
  const escape = (text: string): string => encodeURIComponent(text.toWellFormed())
  return Object.entries(query)
    .map(([name, value]) => `${escape(name)}=${escape(String(value))}`)
    .join('&')
}
