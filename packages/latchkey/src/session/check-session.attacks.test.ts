import { describe, expect, it } from 'vitest'
import { createAccessTokens } from './access-token.ts'
import { checkSession, type CheckSessionResult, type SessionPorts } from './check-session.ts'
import { createLastSeen } from './last-seen.ts'
import { rememberDevice } from './known-device.ts'
import { createSigningKeys } from './signing-keys.ts'
import { issueChallenge } from '../challenge/issue-challenge.ts'
import { createTestCore, type TestCore } from '../testing/test-core.ts'
import { aTestSession, aTestUser } from '../testing/test-session.ts'

function portsOf(core: TestCore): SessionPorts {
  const signingKeys = createSigningKeys(core)
  return { ...core, accessTokens: createAccessTokens({ ...core, signingKeys }), lastSeen: createLastSeen(core) }
}

async function check(core: TestCore, sessionToken: string): Promise<CheckSessionResult> {
  return checkSession(portsOf(core), { sessionToken, accessToken: undefined })
}

async function reasonOf(core: TestCore, sessionToken: string): Promise<string> {
  const checked = await check(core, sessionToken)
  return checked.ok ? 'accepted' : checked.reason
}

/** Which of the texts are anything but malformed or unknown. */
async function accepted(core: TestCore, texts: readonly string[]): Promise<readonly string[]> {
  const reasons = await Promise.all(texts.map((text) => reasonOf(core, text)))
  return texts.filter((_, index) => !['malformed', 'unknown'].includes(reasons[index] ?? ''))
}

/** Another character of the same alphabet at `index`. */
function flipped(text: string, index: number): string {
  const other = text[index] === 'a' ? 'b' : 'a'
  return text.slice(0, index) + other + text.slice(index + 1)
}

describe('a session cookie', () => {
  it('opens its own session', async () => {
    const core = createTestCore()
    const user = await aTestUser(core)
    const { session, sessionToken } = await aTestSession(core, user)
    expect(await check(core, sessionToken)).toMatchObject({ ok: true, session: { id: session.id }, user })
  })

  it('is refused when any one character of it is another', async () => {
    const core = createTestCore()
    const { sessionToken } = await aTestSession(core, await aTestUser(core))
    const flips = Array.from(sessionToken, (_, index) => flipped(sessionToken, index))
    expect(flips).toHaveLength(36 + 1 + 49)
    expect(await accepted(core, flips)).toEqual([])
  })

  it('is refused when it is cut, lengthened, doubled or spelled otherwise', async () => {
    const core = createTestCore()
    const { sessionToken } = await aTestSession(core, await aTestUser(core))
    const [id = '', secret = ''] = sessionToken.split('.')
    const wrong = [
      '',
      '.',
      id,
      `${id}.`,
      `.${secret}`,
      secret,
      sessionToken.slice(0, -1),
      `${sessionToken}A`,
      `${sessionToken}=`,
      `${sessionToken}.${secret}`,
      `${sessionToken} `,
      ` ${sessionToken}`,
      `${id}..${secret}`,
      `${id.toUpperCase()}.${secret}`,
      `${id}.${secret.toLowerCase()}`,
      `${id.replaceAll('-', '')}.${secret}`,
      `${id}.${'A'.repeat(secret.length)}`,
      `${id}.${'\u0000'.repeat(secret.length)}`,
      `${id}.${'é'.repeat(secret.length)}`,
      `${'A'.repeat(10_000)}.${secret}`,
      `%${sessionToken}`,
      "' OR 1=1 --",
    ]
    expect(await accepted(core, wrong)).toEqual([])
  })

  it('never opens the session of another person, nor another session of the same', async () => {
    const core = createTestCore()
    const ada = await aTestUser(core)
    const mine = await aTestSession(core, ada)
    const strangers = [await aTestSession(core, await aTestUser(core)), await aTestSession(core, ada)]
    for (const { session } of strangers) {
      const crossed = `${session.id}.${mine.sessionToken.slice(37)}`
      expect(await reasonOf(core, crossed)).toBe('unknown')
    }
  })

  it('is not spared by the secret of a device, a handle, a binding or a refresh token', async () => {
    const core = createTestCore()
    const user = await aTestUser(core)
    const { session } = await aTestSession(core, user)
    const native = await aTestSession(core, user, 'token')
    const device = rememberDevice(core, user.id)
    const attempt = issueChallenge(core, {
      purpose: 'email-verify',
      userId: user.id,
      account: core.keys.pseudonym('account', user.email),
      mode: 'cookie',
      ttlMs: 60_000,
      code: 'none',
      data: { email: user.email, template: 'email-verify-code' },
    })
    await core.store.commit([device.write, attempt.write], core.clock.now())
    const foreign = [device.token, attempt.handle, attempt.binding ?? '', native.refreshToken]
    // Each as it is, and its secret behind the id of a living cookie session.
    const behindOurs = foreign.flatMap((text) => text.split('.').map((part) => `${session.id}.${part}`))
    expect(await accepted(core, [...foreign, ...behindOurs])).toEqual([])
  })

  it('is refused when it was made under a secret that is not ours', async () => {
    const core = createTestCore()
    const { session, sessionToken } = await aTestSession(core, await aTestUser(core))
    const stranger = createTestCore({ secrets: ['another secret that is long enough too'], store: core.store })
    expect(await reasonOf(stranger, sessionToken)).toBe('malformed')
    const theirs = stranger.keys.mintToken('session').token
    expect(await reasonOf(core, `${session.id}.${theirs}`)).toBe('malformed')
    // The id of our key in front of their secret.
    const ours = sessionToken.slice(37, 43)
    expect(await reasonOf(core, `${session.id}.${ours}${theirs.slice(6)}`)).toBe('unknown')
  })

  it('outlives a rotation of the secret and dies with the removal of the old one', async () => {
    const core = createTestCore({ secrets: ['the older secret, which is long enough'] })
    const { sessionToken } = await aTestSession(core, await aTestUser(core))
    const both = ['the newer secret, which is long enough', 'the older secret, which is long enough']
    const rotated = createTestCore({ secrets: both, store: core.store, clock: core.clock })
    expect(await reasonOf(rotated, sessionToken)).toBe('accepted')
    const removed = createTestCore({ secrets: both.slice(0, 1), store: core.store, clock: core.clock })
    expect(await reasonOf(removed, sessionToken)).toBe('malformed')
  })
})
