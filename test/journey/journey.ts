import { expect } from 'vitest'
import { callAsApp, openBrowser, type Answer, type Browser } from './browser.ts'
import type { Inbox } from './mails.ts'

export interface JourneyOptions {
  /** Addresses of the nodes; each step goes to another one. One is enough. */
  readonly nodes: readonly string[]
  /** The origin that the pages have. */
  readonly publicUrl: string
  readonly inbox: Inbox
  readonly email?: string
}

/** Everything that must stand in no database and in no log in clear. */
export interface JourneySecrets {
  readonly codes: readonly string[]
  /** Secret parts of tokens, cookies, handles and links, and passwords. */
  readonly texts: readonly string[]
  /** Sentences of the mails. */
  readonly mailTexts: readonly string[]
}

/**
 * The main job from end to end: sign-up → code → session → second device → code → list → revoke the other → token-mode refresh → the old
 * refresh token refused and its family dead → reset → every session dead → sign-in → sign-out → 401.
 */
export async function takeJourney(options: JourneyOptions): Promise<JourneySecrets> {
  const { nodes, publicUrl, inbox, email = 'ada@example.com' } = options
  const password = 'correct horse battery staple'
  const newPassword = 'a new one, twice as long'
  const codes: string[] = []
  const mailTexts: string[] = []
  const tokens: string[] = []
  let step = 0
  const node = (): string => nodes[step++ % nodes.length] ?? ''

  const nextCode = async (): Promise<string> => {
    const mail = await inbox.next(email)
    mailTexts.push(mail.text)
    codes.push(mail.code ?? '')
    return mail.code ?? ''
  }
  const prove = async (browser: Browser, asked: Answer): Promise<Answer> => {
    expect(asked).toMatchObject({ status: 200, body: { status: 'needs_factor', factors: ['email_code'] } })
    tokens.push(String(asked.body['attempt']), ...browser.cookies.values())
    const code = await nextCode()
    browser.moveTo(node())
    return browser.post('/sign-in/factor/email-code', { attempt: asked.body['attempt'], code })
  }
  const browsers: Browser[] = []
  const open = (userAgent: string): Browser => {
    const browser = openBrowser(node(), publicUrl, userAgent)
    browsers.push(browser)
    return browser
  }
  const remember = (): void => {
    for (const browser of browsers) tokens.push(...browser.cookies.values())
  }

  // Sign-up, code, session.
  const laptop = open('Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0')
  const signedUp = await prove(laptop, await laptop.post('/sign-up', { email, password, name: 'Ada' }))
  expect(signedUp).toMatchObject({ status: 200, body: { status: 'signed_in', user: { email, emailVerified: true } } })
  laptop.moveTo(node())
  expect(await laptop.get('/session')).toMatchObject({ status: 200, body: { user: { email, name: 'Ada' } } })

  // A second device: the password alone is not enough there.
  const phone = open('Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1')
  const onPhone = await prove(phone, await phone.post('/sign-in/password', { email, password }))
  expect(onPhone).toMatchObject({ status: 200, body: { status: 'signed_in' } })
  remember()

  // Listed and revoked from the first one.
  laptop.moveTo(node())
  const listed = await laptop.get('/sessions')
  const sessions = (listed.body['sessions'] ?? []) as readonly { readonly id: string; readonly current: boolean }[]
  expect(sessions).toHaveLength(2)
  const other = sessions.find(({ id }) => id === idOf(onPhone))
  expect(await laptop.delete(`/sessions/${other?.id}`)).toMatchObject({ status: 204 })
  phone.moveTo(node())
  expect(await phone.get('/session')).toMatchObject({ status: 401, body: { code: 'unauthenticated' } })

  // Token mode: two turns, then the first token again, which is two turns old and so a replay.
  const asked = await callAsApp(node(), 'POST', '/sign-in/password', { body: { email, password, mode: 'token' } })
  tokens.push(String(asked.body['attempt']))
  const signedIn = await callAsApp(node(), 'POST', '/sign-in/factor/email-code', {
    body: { attempt: asked.body['attempt'], code: await nextCode() },
  })
  const first = tokensOf(signedIn)
  const second = tokensOf(await refresh(node(), first.refreshToken))
  const third = tokensOf(await refresh(node(), second.refreshToken))
  for (const { accessToken, refreshToken } of [first, second, third]) tokens.push(accessToken, refreshToken)
  expect(new Set([first.refreshToken, second.refreshToken, third.refreshToken]).size).toBe(3)
  expect(await callAsApp(node(), 'GET', '/session', third)).toMatchObject({ status: 200 })
  expect(await refresh(node(), first.refreshToken)).toMatchObject({
    status: 401,
    body: { code: 'invalid_refresh_token' },
  })
  expect(await refresh(node(), third.refreshToken)).toMatchObject({
    status: 401,
    body: { code: 'invalid_refresh_token' },
  })
  expect(await callAsApp(node(), 'GET', '/session', third)).toMatchObject({ status: 401 })
  laptop.moveTo(node())
  expect(await laptop.get('/session')).toMatchObject({ status: 200 })

  // Reset: every session ends, and nobody is signed in by it.
  const stranger = open('Mozilla/5.0 (Windows NT 10.0) Chrome/140.0')
  expect(await stranger.post('/password/reset-request', { email })).toMatchObject({
    status: 200,
    body: { status: 'sent' },
  })
  const mail = await inbox.next(email)
  mailTexts.push(mail.text)
  expect(mail.link).toMatch(`${publicUrl}/reset/confirm#token=`)
  const token = mail.link?.split('#token=')[1] ?? ''
  tokens.push(token)
  stranger.moveTo(node())
  expect(await stranger.post('/password/reset', { token, password: newPassword })).toMatchObject({ status: 204 })
  expect(await stranger.post('/password/reset', { token, password: `${newPassword}!` })).toMatchObject({ status: 401 })
  laptop.moveTo(node())
  expect(await laptop.get('/session')).toMatchObject({ status: 401 })
  expect(await stranger.get('/session')).toMatchObject({ status: 401 })

  // In again, and out.
  expect(await laptop.post('/sign-in/password', { email, password })).toMatchObject({
    status: 401,
    body: { code: 'invalid_credentials' },
  })
  const back = await prove(laptop, await laptop.post('/sign-in/password', { email, password: newPassword }))
  expect(back).toMatchObject({ status: 200, body: { status: 'signed_in' } })
  remember()
  laptop.moveTo(node())
  expect(await laptop.delete('/session')).toMatchObject({ status: 204 })
  expect(await laptop.get('/session')).toMatchObject({ status: 401 })

  return { codes, mailTexts, texts: [...secretParts(tokens), password, newPassword] }
}

function refresh(nodeUrl: string, refreshToken: string): Promise<Answer> {
  return callAsApp(nodeUrl, 'POST', '/session/refresh', { body: { refreshToken } })
}

function tokensOf(answer: Answer): { readonly accessToken: string; readonly refreshToken: string } {
  expect(answer).toMatchObject({ status: 200, body: { tokens: { tokenType: 'Bearer' } } })
  return answer.body['tokens'] as { readonly accessToken: string; readonly refreshToken: string }
}

function idOf(answer: Answer): string {
  return (answer.body['session'] as { readonly id: string }).id
}

/** Ids and pseudonyms around them are no secrets and stand in the database; a secret has 256 bits, 43 characters at least. */
function secretParts(tokens: readonly string[]): readonly string[] {
  const parts = tokens.flatMap((token) => token.split('.')).filter((part) => part.length >= 43)
  return [...new Set(parts)]
}
