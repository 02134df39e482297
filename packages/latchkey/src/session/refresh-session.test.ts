import { describe, expect, it } from 'vitest'
import { noContext } from '../core/request-context.ts'
import { dayMs, hourMs, secondMs } from '../platform/clock.ts'
import { createTestAuth } from '../testing/test-auth.ts'
import { createTestCore, type TestCore } from '../testing/test-core.ts'
import { aTestSession, aTestUser, bearer, countingStore, signUpWithTokens, tokensIn } from '../testing/test-session.ts'
import { refreshSession, type RefreshResult } from './refresh-session.ts'

function turn(core: TestCore, refreshToken: string): Promise<RefreshResult> {
  return refreshSession(core, noContext, refreshToken)
}

/** The successor, or the reason why there is none. */
async function turned(core: TestCore, refreshToken: string): Promise<string> {
  const result = await turn(core, refreshToken)
  return result.ok ? result.refreshToken : result.reason
}

async function aFamily(core: TestCore): Promise<string> {
  return (await aTestSession(core, await aTestUser(core), 'token')).refreshToken
}

async function traces(core: TestCore): Promise<{ readonly events: number; readonly mails: number }> {
  const events = await core.store.listEvents({ limit: 200, kind: 'refresh.replay_detected' })
  const mails = await core.store.listMessages({ limit: 200 })
  return {
    events: events.items.length,
    mails: mails.items.filter(({ template }) => template === 'refresh-replayed').length,
  }
}

describe('a refresh token', () => {
  it('gives a new pair for the same session over HTTP, with one commit', async () => {
    const core = createTestCore()
    const { store, calls } = countingStore(core.store)
    const test = createTestAuth({ storage: store, clock: core.clock })
    const { client, tokens, answer } = await signUpWithTokens(test, 'ada@example.com')
    calls.clear()
    const refreshed = await client.post('/session/refresh', { refreshToken: tokens.refreshToken })
    expect(Object.fromEntries(calls)).toEqual({ findSession: 1, commit: 1 })
    const next = tokensIn(refreshed)
    expect(next.refreshToken).not.toBe(tokens.refreshToken)
    expect(next.accessToken).not.toBe(tokens.accessToken)
    expect(refreshed.body['session']).toEqual(answer.body['session'])
    expect(refreshed.setCookies).toEqual([])
    expect((await client.get('/session', bearer(next.accessToken))).status).toBe(200)
  })

  it('given twice inside the grace, gives one and the same successor', async () => {
    const core = createTestCore()
    const first = await aFamily(core)
    const second = await turned(core, first)
    await core.clock.advance(9_999)
    expect(await turned(core, first)).toBe(second)
    expect(await traces(core)).toEqual({ events: 0, mails: 0 })
  })

  it('has a grace that is fixed from the turn: asking again never extends it', async () => {
    const core = createTestCore()
    const first = await aFamily(core)
    const second = await turned(core, first)
    for (let seconds = 1; seconds < 10; seconds++) {
      await core.clock.advance(secondMs)
      expect(await turned(core, first)).toBe(second)
    }
    await core.clock.advance(secondMs)
    expect(await turned(core, first)).toBe('replayed')
    expect(await turned(core, second)).toBe('unknown')
  })

  it('of an older turn is a replay even inside the grace, and ends the family', async () => {
    const core = createTestCore()
    const first = await aFamily(core)
    const second = await turned(core, first)
    const third = await turned(core, second)
    expect(await turned(core, first)).toBe('replayed')
    for (const dead of [first, second, third]) expect(await turned(core, dead)).toBe('unknown')
    expect(await traces(core)).toEqual({ events: 1, mails: 1 })
  })

  it('replayed many times at once leaves one event and one mail', async () => {
    const core = createTestCore()
    const first = await aFamily(core)
    await turned(core, await turned(core, first))
    const results = await Promise.all(Array.from({ length: 20 }, () => turned(core, first)))
    expect(new Set(results)).toEqual(new Set(['replayed']))
    expect(await traces(core)).toEqual({ events: 1, mails: 1 })
  })

  it('ends every access token of its family at once when it is replayed', async () => {
    const test = createTestAuth()
    const { client, tokens } = await signUpWithTokens(test, 'ada@example.com')
    const next = tokensIn(await client.post('/session/refresh', { refreshToken: tokens.refreshToken }))
    await test.clock.advance(10_000)
    const replayed = await client.post('/session/refresh', { refreshToken: tokens.refreshToken })
    const unknown = await client.post('/session/refresh', { refreshToken: next.refreshToken })
    expect([replayed.status, unknown.status]).toEqual([401, 401])
    expect(replayed.text).toBe(unknown.text)
    expect((await client.get('/session', bearer(next.accessToken))).status).toBe(401)
  })

  it('needs the family secret: whoever knows a session id ends nobody', async () => {
    const core = createTestCore()
    const first = await aFamily(core)
    const [id = '', family = '', secret = ''] = first.split('.')
    const [otherId = '', otherFamily = '', otherSecret = ''] = (await aFamily(core)).split('.')
    const forged = [
      `${id}.${otherFamily}.${secret}`,
      `${id}.${otherFamily}.${otherSecret}`,
      `${otherId}.${family}.${secret}`,
      `${otherId}.${family}.${otherSecret}`,
      `${id}.${core.keys.mintToken('refresh-family').token}.${secret}`,
      `${id}.${core.keys.mintToken('session').token}.${secret}`,
    ]
    for (const text of forged) expect([text, await turned(core, text)]).toEqual([text, 'unknown'])
    expect(await traces(core)).toEqual({ events: 0, mails: 0 })
    expect(await turn(core, first)).toMatchObject({ ok: true, session: { id, revokedAt: null } })
  })

  it('is refused without any effect when it is malformed', async () => {
    const core = createTestCore()
    const first = await aFamily(core)
    const [id = '', family = '', secret = ''] = first.split('.')
    const wrong = [
      '',
      '..',
      id,
      `${id}.${family}`,
      `${id}.${family}.`,
      `${id}.${family}.${secret}.`,
      `${id}.${family}.${secret}.${secret}`,
      `${id}.${family}.${secret.slice(1)}`,
      `${id}.${family}.${secret}A`,
      `${id}.${family}.${secret.slice(0, -1)}=`,
      `${id}.${family}.${'é'.repeat(43)}`,
      `${id.toUpperCase()}.${family}.${secret}`,
      `${id}.${secret}.${family}`,
      'x'.repeat(100_000),
    ]
    for (const text of wrong) expect([text, await turned(core, text)]).toEqual([text, 'unknown'])
    expect(await turned(core, first)).not.toBe('unknown')
  })

  it('of one person never gives a session of another', async () => {
    const core = createTestCore()
    const ada = await aTestUser(core)
    const bob = await aTestUser(core)
    const adas = await aTestSession(core, ada, 'token')
    const bobs = await aTestSession(core, bob, 'token')
    for (let text of [adas.refreshToken, bobs.refreshToken]) {
      const owner = text === adas.refreshToken ? ada.id : bob.id
      for (let step = 0; step < 3; step++) {
        const result = await turn(core, text)
        expect(result).toMatchObject({ ok: true, session: { userId: owner } })
        text = result.ok ? result.refreshToken : ''
      }
    }
  })

  it('ends with the session to the millisecond: idle, absolute, blocked, revoked', async () => {
    const core = createTestCore()
    const begun = core.clock.now()
    const idle = await aFamily(core)
    core.clock.set(begun + 7 * dayMs)
    expect(await turned(core, idle)).toBe('unknown')
    core.clock.set(begun + 7 * dayMs - 1)
    let busy = await turned(core, idle)
    for (let day = 13; day < 30; day += 6) {
      core.clock.set(begun + day * dayMs)
      busy = await turned(core, busy)
    }
    core.clock.set(begun + 30 * dayMs)
    expect(await turned(core, busy)).toBe('unknown')
    core.clock.set(begun + 30 * dayMs - 1)
    expect(await turned(core, busy)).not.toBe('unknown')

    const user = await aTestUser(core)
    const blocked = await aTestSession(core, user, 'token')
    await core.store.commit([{ kind: 'blockUser', userId: user.id, reason: null }], core.clock.now())
    expect(await turned(core, blocked.refreshToken)).toBe('unknown')
    expect(await traces(core)).toEqual({ events: 0, mails: 0 })
  })

  it('goes on when the clock is set back, and its grace does not grow by it', async () => {
    const core = createTestCore()
    const first = await aFamily(core)
    const second = await turned(core, first)
    core.clock.set(core.clock.now() - 9_999)
    expect(await turned(core, first)).toBe(second)
    core.clock.set(core.clock.now() - hourMs)
    const third = await turned(core, second)
    expect(await turned(core, second)).toBe(third)
    await core.clock.advance(10_000)
    expect(await turned(core, second)).toBe('replayed')
  })

  it('goes on under a new secret as long as the old one is in the list, and dies with its removal', async () => {
    const older = 'the older secret, which is long enough'
    const newer = 'the newer secret, which is long enough'
    const core = createTestCore({ secrets: [older] })
    const first = await aFamily(core)
    const second = await turned(core, first)
    const rotated = createTestCore({ secrets: [newer, older], store: core.store, clock: core.clock, seed: 2 })
    expect(await turned(rotated, first)).toBe(second)
    const third = await turned(rotated, second)
    // A node that has not heard of the new secret yet goes on with the same family.
    const fourth = await turned(core, third)
    const removed = createTestCore({ secrets: [newer], store: core.store, clock: core.clock, seed: 3 })
    expect(await turned(removed, fourth)).toBe('unknown')
    expect(await traces(core)).toEqual({ events: 0, mails: 0 })
    expect(await turned(rotated, fourth)).not.toBe('unknown')
  })
})
