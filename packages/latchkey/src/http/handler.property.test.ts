import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Incoming } from './exchange.ts'
import { createSuiteHandler } from '../testing/http-suite/suite-handler.ts'
import { createTestAuth } from '../testing/test-auth.ts'

const json = { 'content-type': 'application/json', host: 'app.example.com' }

function incomingOf(
  method: string,
  target: string,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array = new Uint8Array(),
): Incoming {
  return {
    method,
    target,
    remoteAddress: '127.0.0.1',
    header: (name) => headers[name] ?? null,
    hasBody: () => body.byteLength > 0,
    readBody: (limit) =>
      Promise.resolve(body.byteLength > limit ? { ok: false, reason: 'too_large' } : { ok: true, bytes: body }),
  }
}

/** Bytes that look like a body, and bytes that do not. */
const anyBody = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.json().map((text) => new TextEncoder().encode(text)),
  fc
    .record({ email: fc.anything(), name: fc.anything(), tags: fc.anything() }, { requiredKeys: [] })
    .map((value) => new TextEncoder().encode(safeJson(value))),
)

function safeJson(value: unknown): string {
  try {
    return (
      JSON.stringify(value, (_key, member: unknown) => (typeof member === 'bigint' ? String(member) : member)) ?? ''
    )
  } catch {
    return '{'
  }
}

const hostileText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.constantFrom('\0', '\ud800', '%', '%00', '%ff', '../..', '__proto__', 'a@b.c\r\nBcc: x', '😀'.repeat(50)),
)

describe('whatever is sent', () => {
  it('no body gives a 5xx', async () => {
    const { handle } = createSuiteHandler()
    await fc.assert(
      fc.asyncProperty(anyBody, async (body) => {
        const { status } = await handle.exchange(incomingOf('POST', '/auth/people', json, body))
        expect(status).toBeLessThan(500)
      }),
      { numRuns: 5_000 },
    )
  })

  it('no path, query, method or header gives a 5xx', async () => {
    const { handle } = createSuiteHandler({
      trustedProxies: ['127.0.0.1'],
      allowedOrigins: ['https://admin.example.com'],
    })
    const names = [
      'cookie',
      'authorization',
      'origin',
      'sec-fetch-site',
      'x-forwarded-for',
      'x-request-id',
      'content-type',
      'content-length',
    ]
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS', 'BREW'),
        fc.constantFrom('/auth/context', '/auth/people', '/auth/people/', '/auth/session', '/auth/', '', '*', '//'),
        hostileText,
        fc.dictionary(fc.constantFrom(...names), hostileText),
        async (method, path, more, headers) => {
          const { status } = await handle.exchange(incomingOf(method, `${path}${more}`, headers))
          expect(status).toBeLessThan(500)
        },
      ),
      { numRuns: 5_000 },
    )
  })

  it('no fields of any public route of the engine give a 5xx', async () => {
    const { auth } = createTestAuth()
    const routes = auth.routes.filter(({ access, method }) => access.kind === 'public' && method !== 'GET')
    expect(routes.length).toBeGreaterThan(5)
    const fields = ['email', 'password', 'code', 'attempt', 'token', 'name', 'mode', 'device', 'refreshToken', 'locale']
    const value = fc.oneof(
      hostileText,
      fc.constantFrom('ada@example.com', '123456', 'token', 'cookie'),
      fc.jsonValue({ maxDepth: 1 }),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...routes),
        fc.dictionary(fc.constantFrom(...fields), value, { maxKeys: 4 }),
        async ({ method, path }, body) => {
          const bytes = new TextEncoder().encode(JSON.stringify(body))
          const { status } = await auth.handle.exchange(incomingOf(method, `/auth${path}`, json, bytes))
          // The queue of password hashes may be full (503); nothing may break (500).
          expect([path, body, status === 503 ? 400 : status]).toEqual([path, body, Math.min(status, 499)])
        },
      ),
      { numRuns: 400 },
    )
    await auth.close()
  })
})
