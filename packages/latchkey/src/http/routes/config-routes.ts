import { array, object, record, string, unknown } from 'valibot'
import { configAnswer } from '../../methods/fields.ts'
import { route, type Answer, type Route } from '../../methods/route.ts'
import type { CoreRoutePorts } from './core-ports.ts'

export function configRoutes(ports: CoreRoutePorts): readonly Route[] {
  const config = {
    appName: ports.settings.appName,
    methods: Object.fromEntries(ports.methods.map((method) => [method.id, method.publicConfig(ports)])),
    // For pages that are told where to lead in their own address.
    redirectOrigins: ports.settings.redirectOrigins,
    development: ports.development,
  }
  return [
    route({
      id: 'getConfig',
      method: 'GET',
      path: '/config',
      summary: 'What a sign-in page has to know',
      access: { kind: 'public' },
      answers: { 200: { description: 'Public facts only.', body: configAnswer } },
      problems: [],
      handle: (): Promise<Answer> => Promise.resolve({ ok: true, status: 200, body: config }),
    }),
    route({
      id: 'getJwks',
      method: 'GET',
      path: '/.well-known/jwks.json',
      summary: 'Public keys of access tokens (RFC 7517)',
      access: { kind: 'public' },
      answers: { 200: { description: 'A JWK set.', body: object({ keys: array(record(string(), unknown())) }) } },
      problems: [],
      async handle(): Promise<Answer> {
        return {
          ok: true,
          status: 200,
          body: await ports.signingKeys.jwks(),
          headers: { 'cache-control': 'public, max-age=300' },
        }
      },
    }),
  ]
}
