import { beforeEach, describe, expect, it } from 'vitest'
import { createTestAuth, testPassword, type TestAuth } from '../../latchkey/src/testing/test-auth.ts'
import { createClient, type Client, type ClientOptions } from './client.ts'
import { needsStepUp } from './problem.ts'

const email = 'jane@example.com'
let test: TestAuth
let lines: string[]

beforeEach(async () => {
  test = createTestAuth()
  lines = []
  await test.signUp(email)
})

/** A page of the application, signed in, whose last proof is an hour old. */
async function stalePage(options: Partial<ClientOptions> = {}): Promise<Client> {
  const cookies = new Map<string, string>()
  const client = createClient({
    baseUrl: 'https://app.example.com/auth',
    fetch: async (input, init) => {
      const request = new Request(input, init)
      request.headers.set('sec-fetch-site', 'same-origin')
      request.headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '))
      lines.push(`${request.method} ${new URL(request.url).pathname}`)
      const response = await test.auth.handle(request, { remoteAddress: '203.0.113.9' })
      for (const line of response.headers.getSetCookie()) {
        const [name = '', value = ''] = (line.split(';')[0] ?? '').split('=')
        cookies.set(name, value)
      }
      return response
    },
    ...options,
  })
  const first = await client.signInWithPassword({ email, password: testPassword })
  if (!first.ok || first.status !== 'needs_factor') throw new Error('a code was expected')
  await client.finishEmailCode({ attempt: first.attempt, code: await test.codeFor(email) })
  await test.clock.advance(60 * 60_000)
  lines = []
  return client
}

async function proveAgain(client: Client): Promise<boolean> {
  const asked = await client.stepUp()
  if (!asked.ok) return false
  return (await client.finishPassword({ attempt: asked.attempt, password: testPassword })).ok
}

describe('a call that wants a fresh session', () => {
  it('is a typed failure where nobody handles it', async () => {
    const client = await stalePage()
    const result = await client.revokeOtherSessions()
    expect(result).toEqual({ ok: false, code: 'fresh_required', status: 403 })
    expect(needsStepUp(result)).toBe(true)
    expect(needsStepUp(await client.session())).toBe(false)
  })

  it('is made again after the step-up, and nobody notices', async () => {
    const codes: string[] = []
    const client: Client = await stalePage({
      onStepUpRequired: (code) => {
        codes.push(code)
        return proveAgain(client)
      },
    })
    expect(await client.revokeOtherSessions()).toEqual({ ok: true })
    expect(codes).toEqual(['fresh_required'])
    expect(lines).toEqual([
      'DELETE /auth/sessions',
      'POST /auth/session/step-up',
      'POST /auth/sign-in/factor/password',
      'DELETE /auth/sessions',
    ])
  })

  it('stays refused when the person does not want to', async () => {
    const client = await stalePage({ onStepUpRequired: () => Promise.resolve(false) })
    expect(await client.revokeOtherSessions()).toMatchObject({ ok: false, code: 'fresh_required' })
    expect(lines).toEqual(['DELETE /auth/sessions'])
  })

  it('asks once for calls that were refused together', async () => {
    let asked = 0
    const client: Client = await stalePage({
      onStepUpRequired: () => {
        asked += 1
        return proveAgain(client)
      },
    })
    const results = await Promise.all([client.revokeOtherSessions(), client.revokeOtherSessions()])
    expect(results).toEqual([{ ok: true }, { ok: true }])
    expect(asked).toBe(1)
  })

  it('is made again once, not for ever', async () => {
    let asked = 0
    const client = await stalePage({
      onStepUpRequired: () => {
        asked += 1
        return Promise.resolve(true)
      },
    })
    expect(await client.revokeOtherSessions()).toMatchObject({ ok: false, code: 'fresh_required' })
    expect(asked).toBe(1)
  })
})

describe('tabs', () => {
  it('hear of a sign-in and a sign-out of each other', async () => {
    const client = await stalePage()
    const other = createClient({ baseUrl: 'https://app.example.com/auth' })
    const heard: string[] = []
    const stop = other.onSessionChange((change) => heard.push(change))
    await proveAgain(client)
    await client.signOut()
    await expect.poll(() => heard).toEqual(['signed_in', 'signed_out'])
    stop()
  })
})
