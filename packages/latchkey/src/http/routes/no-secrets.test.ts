import { describe, expect, it } from 'vitest'
import { nextPassword, walkedEmail, walkEverywhere, type Walk } from '../../../../../test/walk/walk-everywhere.ts'
import { parseSessionId } from '../../session/session.ts'
import { createTestAuth, testPassword } from '../../testing/test-auth.ts'
import { parseUserId } from '../../user/user.ts'

/** Every key of every object, and every text, in a JSON value. */
function collect(value: unknown, keys: Set<string>, texts: Set<string>): void {
  if (typeof value === 'string') texts.add(value)
  if (typeof value !== 'object' || value === null) return
  for (const [key, inner] of Object.entries(value)) {
    if (!Array.isArray(value)) keys.add(key)
    collect(inner, keys, texts)
  }
}

/** What stands in the store and must never leave it. */
async function storedSecrets({ test, answers }: Walk): Promise<readonly string[]> {
  const secrets: (string | null | undefined)[] = []
  const keys = new Set<string>()
  const texts = new Set<string>()
  for (const { body } of answers) collect(body, keys, texts)
  for (const text of texts) {
    const userId = parseUserId(text)
    const sessionId = parseSessionId(text)
    const subject = userId === undefined ? undefined : await test.storage.findSubject(userId)
    secrets.push(subject?.user.personKey, ...(subject?.credentials ?? []).flatMap(({ secret }) => [secret]))
    const session = sessionId === undefined ? undefined : (await test.storage.findSession(sessionId))?.session
    secrets.push(session?.secretDigest, session?.familyDigest, session?.turnDigest, session?.previousTurnDigest)
    secrets.push(session?.turnSalt)
  }
  secrets.push(...(await test.storage.listSigningKeys()).map(({ privateKey }) => privateKey))
  const messages = (await test.storage.listMessages({ limit: 200 })).items
  secrets.push(...messages.flatMap(({ data, leaseToken }) => [data, leaseToken]))
  const events = (await test.storage.listEvents({ limit: 200 })).items
  secrets.push(...events.flatMap(({ mac, person }) => [mac, person]))
  return [...new Set(secrets.filter((text) => text !== null && text !== undefined && text !== ''))] as string[]
}

describe('no answer of any route', () => {
  it('is left out of the walk', async () => {
    const { test, observed } = await walkEverywhere()
    const reached = new Set(observed.filter(({ status }) => status < 400).map(({ route }) => route))
    const missing = test.auth.routes.map(({ id }) => id).filter((id) => !reached.has(id))
    // An address is proved before its first session, so that today nobody who is signed in has one to prove; the route answers 204 without a body.
    expect(missing).toEqual(['verifyEmail'])
  })

  it('holds a hash, a digest, a sealed value or a password', async () => {
    const walk = await walkEverywhere()
    const secrets = await storedSecrets(walk)
    expect(secrets.length).toBeGreaterThan(20)
    const everything = walk.answers.map(({ text }) => text).join('\n')
    expect(secrets.filter((secret) => everything.includes(secret))).toEqual([])
    for (const secret of [testPassword, nextPassword]) expect(everything).not.toContain(secret)
    expect(everything).not.toMatch(/argon2|PRIVATE KEY|"d":/)
  })

  it('has a field that is named like a secret, but the tokens of its own caller and the secret of the authenticator app that is enrolled', async () => {
    const { answers } = await walkEverywhere()
    const keys = new Set<string>()
    const bodies = answers.map(({ body }) => body).filter((body) => body['openapi'] === undefined)
    for (const body of bodies) collect(body, keys, new Set())
    const suspicious = /hash(?!ing)|digest|secret|salt|epoch|private|personkey|token|cookie|binding|mac$/i
    expect([...keys].filter((key) => suspicious.test(key)).toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
      'accessToken',
      'refreshToken',
      'secret',
      'tokenType',
      'tokens',
    ])
    const withTokens = bodies.filter((body) => JSON.stringify(body).includes('refreshToken":'))
    expect(new Set(withTokens.map((body) => body['status'] ?? Object.keys(body).join()))).toEqual(
      new Set(['signed_in', 'tokens,session']),
    )
  })

  it('shows a person the address and browser of the administrator who acted on them', async () => {
    const test = createTestAuth()
    const ada = await test.signUp(walkedEmail)
    await test.signUp('admin@example.com')
    const adminId = (await test.auth.users.findByEmail('admin@example.com'))?.id ?? ''
    const userId = (await test.auth.users.findByEmail(walkedEmail))?.id ?? ''
    const acting = test.auth.withContext({ actorId: adminId, ip: '203.0.113.77', userAgent: 'AdminBrowser/9' })
    await acting.users.setRoles(userId, ['admin'])
    await ada.patch('/account', { name: 'Ada' })
    const { text, body } = await ada.get('/account/activity')
    expect(text).not.toMatch(/203\.0\.113\.77|AdminBrowser/)
    const events = body['events'] as { kind: string; person: unknown }[]
    expect(events.find(({ kind }) => kind === 'user.roles_changed')).toMatchObject({ person: null })
    expect(events.find(({ kind }) => kind === 'user.updated')).toMatchObject({
      person: { userAgent: 'TestBrowser/1.0' },
    })
  })
})
