import { expect, it } from 'vitest'
import { startServer } from '../mail-server.ts'
import { productionSettings } from './production.ts'
import { freePort, startServerProcess, type ServerProcess } from './server-process.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** A browser as far as redirects, cookies and one form go. */
function createVisitor(server: ServerProcess): {
  post(path: string, body: URLSearchParams | string): Promise<Response>
  get(url: string): Promise<Response>
} {
  const origin = `http://localhost:${server.port}`
  const cookies = new Map<string, string>()
  async function send(url: string, init: RequestInit): Promise<Response> {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { origin, 'sec-fetch-site': 'same-origin', cookie, ...(init.headers as Record<string, string>) }
    const answer = await fetch(new URL(url, origin), { ...init, headers, redirect: 'manual' })
    for (const line of answer.headers.getSetCookie()) {
      const [pair = ''] = line.split(';')
      cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
    }
    return answer
  }
  return {
    get: (url) => send(url, {}),
    post: (path, body) =>
      send(path, {
        method: 'POST',
        body,
        ...(typeof body === 'string' ? { headers: { 'content-type': 'application/json' } } : {}),
      }),
  }
}

/** What the page would send. */
function formOn(page: string, answers: Readonly<Record<string, string>>): URLSearchParams {
  const hidden = [...page.matchAll(/type="hidden" name="([^"]*)" value="([^"]*)"/g)]
  const form = new URLSearchParams(hidden.map(([, name = '', value = '']) => [name, value]))
  for (const [name, value] of Object.entries(answers)) form.set(name, value)
  return form
}

const ada = { email: 'ada@example.com', name: 'Ada "<b>" Lovelace', verified: 'yes', answer: 'allow' }

it('development has a provider of its own, so that the button works without any registration', async () => {
  const server = await startServerProcess({ directory: temporaryFolder(), arguments: ['--dev'] })
  const visitor = createVisitor(server)
  const config = (await (await visitor.get('/auth/config')).json()) as { readonly methods: Record<string, unknown> }
  expect(config.methods['oauth']).toEqual({ providers: [{ id: 'dev', name: 'Latchkey Dev' }] })

  const started = (await (await visitor.post('/auth/sign-in/oauth/dev', '{}')).json()) as { readonly url: string }
  expect(started.url).toContain(`http://localhost:${server.port}/dev/provider/authorize?`)
  const page = await visitor.get(started.url)
  expect([page.status, page.headers.get('content-security-policy')]).toEqual([
    200,
    expect.stringContaining("default-src 'none'") as string,
  ])
  const agreed = await visitor.post('/dev/provider/authorize', formOn(await page.text(), ada))
  const back = await visitor.get(agreed.headers.get('location') ?? '')
  expect([back.status, back.headers.get('location')]).toEqual([303, `http://localhost:${server.port}/`])
  expect(await (await visitor.get('/auth/session')).json()).toMatchObject({
    user: { email: 'ada@example.com', emailVerified: true },
    session: { amr: ['fed'] },
  })
  // The same again is refused, by the engine and by the provider.
  expect((await visitor.get(agreed.headers.get('location') ?? '')).headers.get('location')).toContain(
    'error=attempt_over',
  )

  const stranger = createVisitor(server)
  const second = (await (await stranger.post('/auth/sign-in/oauth/dev', '{}')).json()) as { readonly url: string }
  const form = formOn(await (await stranger.get(second.url)).text(), { ...ada, answer: 'deny' })
  const denied = await stranger.post('/dev/provider/authorize', form)
  expect((await stranger.get(denied.headers.get('location') ?? '')).headers.get('location')).toContain(
    'error=access_denied',
  )
  form.set('redirect_uri', 'https://evil.example/')
  expect((await stranger.post('/dev/provider/authorize', form)).status).toBe(400)
  const theft = new URLSearchParams({
    grant_type: 'authorization_code',
    client_id: 'latchkey-dev',
    client_secret: 'guess',
    code: 'x',
  })
  expect((await stranger.post('/dev/provider/token', theft)).status).toBe(401)
  expect(
    (await fetch(`${server.url}/dev/provider/authorize`, { headers: { 'x-forwarded-for': '203.0.113.7' } })).status,
  ).toBe(403)
  expect(await server.stop()).toBe(0)
})

it('production has no such provider, whatever is asked', async () => {
  const mailServer = await startServer()
  const port = await freePort()
  const environment = productionSettings({ publicUrl: `http://localhost:${port}`, smtpPort: mailServer.port })
  const server = await startServerProcess({ directory: temporaryFolder(), port, environment })
  const visitor = createVisitor(server)
  expect(await (await visitor.get('/auth/config')).text()).not.toContain('Latchkey Dev')
  const answers = [
    await visitor.post('/auth/sign-in/oauth/dev', '{}'),
    await visitor.get('/auth/sign-in/oauth/dev/callback?code=x&state=y'),
    await visitor.get('/dev/provider/authorize'),
    await visitor.get('/dev/provider/profile'),
  ]
  expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404])
  const posted = await visitor.post('/dev/provider/token', new URLSearchParams({ grant_type: 'authorization_code' }))
  expect(posted.status).toBe(405)
  expect(await server.stop()).toBe(0)
})
