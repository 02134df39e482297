import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { json, problem, type Reply } from './reply.ts'

/** The provider's side of `developmentProvider` of latchkey/config: a page that asks whom one wants to be, and the two endpoints behind it. */
export interface DevelopmentProvider {
  readonly clientSecret: string
  /** `undefined`: not one of its paths. */
  answer(message: IncomingMessage, path: string): Promise<Reply | undefined>
}

interface Person {
  readonly email: string
  readonly name: string
  readonly verified: boolean
}

interface Grant extends Person {
  readonly codeChallenge: string
  readonly redirectUri: string
}

const clientId = 'latchkey-dev'
const base = '/dev/provider'
/** More than one person at one machine has under way. */
const mostKept = 100
const maxFormBytes = 8_192

/** Only made by `serve` under `--dev`, which answers this machine alone. */
export function createDevelopmentProvider({ publicUrl }: { readonly publicUrl: string }): DevelopmentProvider {
  const clientSecret = randomBytes(32).toString('base64url')
  const redirectUri = `${publicUrl}/auth/sign-in/oauth/dev/callback`
  const grants = new Map<string, Grant>()
  const tokens = new Map<string, Person>()

  return {
    clientSecret,
    async answer(message, path) {
      if (path === `${base}/authorize` && message.method === 'GET') return showForm(queryOf(message))
      if (path === `${base}/authorize` && message.method === 'POST') return authorize(await formOf(message))
      if (path === `${base}/token` && message.method === 'POST') return redeem(await formOf(message))
      if (path === `${base}/profile` && message.method === 'GET') return profile(message.headers.authorization)
      return undefined
    },
  }

  function showForm(asked: URLSearchParams): Reply {
    return isOurs(asked) ? page(asked) : problem(400, 'malformed', 'This is not a request of this server.')
  }

  function authorize(form: URLSearchParams): Reply {
    if (!isOurs(form)) return problem(400, 'malformed', 'This is not a request of this server.')
    const back = new URL(redirectUri)
    back.searchParams.set('state', form.get('state') ?? '')
    back.searchParams.set('iss', `${publicUrl}${base}`)
    if (form.get('answer') === 'deny') back.searchParams.set('error', 'access_denied')
    else {
      const code = randomBytes(32).toString('base64url')
      keep(grants, code, {
        email: form.get('email') ?? '',
        name: form.get('name') ?? '',
        verified: form.get('verified') === 'yes',
        codeChallenge: form.get('code_challenge') ?? '',
        redirectUri,
      })
      back.searchParams.set('code', code)
    }
    return { status: 303, headers: { location: back.href } }
  }

  function redeem(form: URLSearchParams): Reply {
    const code = form.get('code') ?? ''
    const grant = grants.get(code)
    grants.delete(code)
    if (form.get('client_id') !== clientId || !isEqual(form.get('client_secret') ?? '', clientSecret))
      return json(401, { error: 'invalid_client' })
    const isRight =
      grant !== undefined &&
      form.get('grant_type') === 'authorization_code' &&
      form.get('redirect_uri') === grant.redirectUri &&
      isEqual(challengeOf(form.get('code_verifier') ?? ''), grant.codeChallenge)
    if (!isRight) return json(400, { error: 'invalid_grant' })
    const accessToken = randomBytes(32).toString('base64url')
    keep(tokens, accessToken, grant)
    return json(200, { access_token: accessToken, token_type: 'Bearer', expires_in: 300 })
  }

  function profile(authorization = ''): Reply {
    const person = tokens.get(authorization.replace(/^Bearer /i, ''))
    if (person === undefined) return json(401, { error: 'invalid_token' })
    const { email, name, verified } = person
    return json(200, { id: `dev-${challengeOf(email.toLowerCase()).slice(0, 22)}`, email, name, verified })
  }

  function isOurs(asked: URLSearchParams): boolean {
    return (
      asked.get('client_id') === clientId &&
      asked.get('redirect_uri') === redirectUri &&
      asked.get('response_type') === 'code' &&
      asked.get('code_challenge_method') === 'S256'
    )
  }
}

const style =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:24rem;margin:12vh auto;padding:0 1rem}label{display:block;margin:1rem 0}input:not([type=checkbox]){display:block;width:100%;box-sizing:border-box;font:inherit;padding:.5rem;margin-top:.25rem}button{font:inherit;padding:.5rem 1rem;margin-right:.5rem}'
const styleDigest = createHash('sha256').update(style).digest('base64')

function page(asked: URLSearchParams): Reply {
  const kept = ['client_id', 'redirect_uri', 'response_type', 'code_challenge_method', 'code_challenge', 'state']
    .map((name) => `<input type="hidden" name="${name}" value="${escapeHtml(asked.get(name) ?? '')}">`)
    .join('')
  const body = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Sign in with Latchkey Dev</title><style>${style}</style>
<main><h1>Sign in with Latchkey Dev</h1><p>A provider of development mode, on this machine alone. Who do you want to be?</p>
<form method="post" action="${base}/authorize">${kept}
<label>Email<input name="email" type="email" value="ada@example.com" required></label>
<label>Name<input name="name" value="Ada Lovelace"></label>
<label><input name="verified" type="checkbox" value="yes" checked> The provider has verified this address</label>
<button name="answer" value="allow">Sign in</button><button name="answer" value="deny" formnovalidate>Deny</button>
</form></main></html>`
  return {
    status: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; style-src 'sha256-${styleDigest}'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`,
    },
    body,
  }
}

function keep<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > mostKept && oldest !== undefined) map.delete(oldest)
}

function queryOf({ url = '' }: IncomingMessage): URLSearchParams {
  return new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?') + 1) : '')
}

async function formOf(message: IncomingMessage): Promise<URLSearchParams> {
  let text = ''
  for await (const chunk of message as AsyncIterable<Uint8Array>) {
    text += Buffer.from(chunk).toString('latin1')
    if (text.length > maxFormBytes) break
  }
  return new URLSearchParams(Buffer.from(text, 'latin1').toString('utf8'))
}

/** RFC 7636 section 4.6. */
function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url')
}

function isEqual(a: string, b: string): boolean {
  const [left, right] = [challengeOf(a), challengeOf(b)]
  return timingSafeEqual(Buffer.from(left), Buffer.from(right))
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
