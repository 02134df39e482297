import { afterAll, beforeAll } from 'vitest'
import type { HttpSettings } from '../../http/http-settings.ts'
import type { StartServer, TestAnswer, TestRequest, TestServer } from './suite-client.ts'
import { createSuiteHandler, type SuiteHandler } from './suite-handler.ts'

/** A server for one `describe`, with these settings. */
export function useServer(
  start: StartServer,
  settings: Partial<HttpSettings> = {},
): { readonly send: (request: TestRequest) => Promise<TestAnswer>; readonly suite: () => SuiteHandler } {
  let server: TestServer
  let suite: SuiteHandler
  beforeAll(async () => {
    suite = createSuiteHandler(settings)
    server = await start(suite.handle)
  })
  afterAll(() => server.close())
  return { send: (request) => server.send(request), suite: () => suite }
}

export function post(
  send: (request: TestRequest) => Promise<TestAnswer>,
  path: string,
  body: unknown,
  headers: readonly (readonly [string, string])[] = [],
): Promise<TestAnswer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return send({ method: 'POST', path, headers: [['content-type', 'application/json'], ...headers], body: text })
}

export function readContext(answer: TestAnswer): {
  readonly presented: Readonly<Record<string, unknown>>
  readonly context: Readonly<Record<string, unknown>>
} {
  return answer.json() as ReturnType<typeof readContext>
}
