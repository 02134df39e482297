import { describe, expect, it } from 'vitest'
import { createSuiteHandler, plantedSecret } from '../testing/http-suite/suite-handler.ts'

function streamOf(produce: (n: number) => Uint8Array | undefined): {
  readonly body: ReadableStream<Uint8Array>
  readonly pulled: () => number
  readonly cancelled: () => boolean
} {
  let pulled = 0
  let isCancelled = false
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const chunk = produce(pulled++)
        if (chunk === undefined) controller.close()
        else controller.enqueue(chunk)
      },
      cancel() {
        isCancelled = true
      },
    },
    { highWaterMark: 0 },
  )
  return { body, pulled: () => pulled, cancelled: () => isCancelled }
}

function postStream(body: ReadableStream<Uint8Array>, headers: Readonly<Record<string, string>> = {}): Request {
  const all = { 'content-type': 'application/json', ...headers }
  return new Request('https://app.example.com/auth/people', { method: 'POST', headers: all, body, duplex: 'half' })
}

describe('attacks on the handler', () => {
  it('an endless body is read to the limit and then let go', async () => {
    const { handle } = createSuiteHandler()
    const { body, pulled, cancelled } = streamOf(() => new Uint8Array(1_024).fill(0x20))
    const response = await handle(postStream(body, { 'content-length': '5' }))
    expect(response.status).toBe(413)
    expect(pulled()).toBe(65)
    expect(cancelled()).toBe(true)
  })

  it('a body with an honest length that is too large is not read at all', async () => {
    const { handle } = createSuiteHandler()
    const { body, pulled } = streamOf(() => new Uint8Array(1_024))
    expect((await handle(postStream(body, { 'content-length': '65537' }))).status).toBe(413)
    expect(pulled()).toBe(0)
  })

  it('a body refused for its type or its origin is not read at all', async () => {
    const { handle } = createSuiteHandler()
    const typed = streamOf(() => new Uint8Array(1_024))
    expect((await handle(postStream(typed.body, { 'content-type': 'text/plain' }))).status).toBe(415)
    const foreign = streamOf(() => new Uint8Array(1_024))
    expect((await handle(postStream(foreign.body, { origin: 'https://evil.example' }))).status).toBe(403)
    expect([typed.pulled(), foreign.pulled()]).toEqual([0, 0])
  })

  it('a body that breaks off is malformed, not a fault', async () => {
    const { handle, log } = createSuiteHandler()
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(new Error(plantedSecret)),
    })
    expect((await handle(postStream(body))).status).toBe(400)
    expect(log).toEqual([])
  })

  it('a character split between two chunks is still one character', async () => {
    const { handle } = createSuiteHandler()
    const bytes = new TextEncoder().encode('{"email":"ë"}')
    const { body } = streamOf((n) => (n < bytes.length ? bytes.slice(n, n + 1) : undefined))
    const response = await handle(postStream(body))
    expect(await response.json()).toEqual({ received: { email: 'ë' } })
  })

  it('settings that would open a hole are refused at the start', () => {
    for (const origin of [
      '*',
      'null',
      'https://*.example.com',
      'https://a.example/',
      'https://a.example/path',
      'a.example',
      'HTTPS://a.example',
    ]) {
      expect(() => createSuiteHandler({ allowedOrigins: [origin] })).toThrow('allowedOrigins')
    }
    expect(() =>
      createSuiteHandler({ allowedOrigins: ['http://localhost:5173', 'capacitor://localhost'] }),
    ).not.toThrow()
  })

  it('the base path is a whole segment', async () => {
    const { handle } = createSuiteHandler()
    for (const path of ['/authority/context', '/auth', '/authcontext', '/x/auth/context', '/auth%2Fcontext']) {
      expect([path, (await handle(new Request(`https://app.example.com${path}`))).status]).toEqual([path, 404])
    }
    const atRoot = createSuiteHandler({ basePath: '' })
    expect((await atRoot.handle(new Request('https://app.example.com/context'))).status).toBe(200)
    expect((await atRoot.handle(new Request('https://app.example.com/context?x#y'))).status).toBe(200)
  })

  it('an answer never says where its request came from or went to', async () => {
    const { handle } = createSuiteHandler()
    const url = `https://evil.example/auth/nowhere?token=${plantedSecret}`
    const response = await handle(
      new Request(url, { headers: { 'x-forwarded-host': 'evil.example', cookie: `a=${plantedSecret}` } }),
    )
    const whole = JSON.stringify([...response.headers]) + (await response.text())
    expect(whole).not.toContain('evil.example')
    expect(whole).not.toContain(plantedSecret)
  })
})
