import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { noContext } from '../core/request-context.ts'
import { createMemoryStorage } from '../storage/memory/memory-storage.ts'
import { createSqliteStorage } from '../storage/sql/sqlite/sqlite-storage.ts'
import type { Storage } from '../storage/storage.ts'
import { createFakeClock } from '../testing/fake-clock.ts'
import { createTestCore, type TestCore } from '../testing/test-core.ts'
import { aTestSession, aTestUser } from '../testing/test-session.ts'
import { refreshSession } from './refresh-session.ts'
import { revokeOneSession } from './revoke-sessions.ts'

const atTheEnd: (() => Promise<unknown>)[] = []

afterAll(async () => {
  for (const finish of atTheEnd.toReversed()) await finish()
})

async function aSqliteStorage(): Promise<Storage> {
  const directory = await mkdtemp(join(tmpdir(), 'latchkey-refresh-'))
  const storage = await createSqliteStorage({ filename: join(directory, 'latchkey.db') })
  atTheEnd.push(
    () => rm(directory, { recursive: true }),
    () => storage.close(),
  )
  await storage.migrate()
  return storage
}

/** Two nodes on one database. */
function twoNodes(store: Storage): readonly [TestCore, TestCore] {
  const clock = createFakeClock()
  return [createTestCore({ store, clock, seed: 11 }), createTestCore({ store, clock, seed: 12 })]
}

async function expectOneChain(store: Storage): Promise<void> {
  const nodes = twoNodes(store)
  const [node] = nodes
  const { session, refreshToken } = await aTestSession(node, await aTestUser(node), 'token')
  const results = await Promise.all(
    Array.from({ length: 50 }, (_, index) => refreshSession(nodes[index % 2] ?? node, noContext, refreshToken)),
  )
  const successors = new Set(results.map((result) => (result.ok ? result.refreshToken : result.reason)))
  expect(successors.size).toBe(1)
  const [successor = ''] = successors
  expect(successor.startsWith(`${session.id}.`)).toBe(true)
  const turns = await store.listEvents({ limit: 200, kind: 'session.refreshed', userId: session.userId })
  expect(turns.items).toHaveLength(1)
  expect(await refreshSession(node, noContext, successor)).toMatchObject({ ok: true })
}

async function expectOneReplay(store: Storage): Promise<void> {
  const nodes = twoNodes(store)
  const [node] = nodes
  const { session, refreshToken } = await aTestSession(node, await aTestUser(node), 'token')
  await refreshSession(node, noContext, refreshToken)
  await node.clock.advance(10_000)
  const results = await Promise.all(
    Array.from({ length: 50 }, (_, index) => refreshSession(nodes[index % 2] ?? node, noContext, refreshToken)),
  )
  expect(results.filter(({ ok }) => ok)).toEqual([])
  const { userId } = session
  const events = await store.listEvents({ limit: 200, kind: 'refresh.replay_detected', userId })
  const mails = (await store.listMessages({ limit: 200 })).items.filter((mail) => mail.userId === userId)
  expect([events.items.length, mails.length]).toEqual([1, 1])
  expect((await store.findSession(session.id))?.session).toMatchObject({ revokedReason: 'refresh_replayed' })
}

/** Turns and the end of the session at once: whoever was faster, nothing lives afterwards. */
async function expectRevocationToWin(store: Storage): Promise<void> {
  const nodes = twoNodes(store)
  const [node] = nodes
  for (let round = 0; round < 20; round++) {
    const user = await aTestUser(node)
    const { session, refreshToken } = await aTestSession(node, user, 'token')
    const turn = (): ReturnType<typeof refreshSession> => refreshSession(nodes[1], noContext, refreshToken)
    const revoke = (): ReturnType<typeof revokeOneSession> =>
      revokeOneSession(node, noContext, { user, sessionId: session.id, reason: 'revoked_by_user' })
    const [turned, revoked] = await (round % 2 === 0
      ? Promise.all([turn(), revoke()])
      : Promise.all([revoke(), turn()]).then(([first, second]) => [second, first] as const))
    expect(revoked).toEqual({ ok: true })
    const successor = turned.ok ? turned.refreshToken : refreshToken
    expect(await refreshSession(node, noContext, successor)).toEqual({ ok: false, reason: 'unknown' })
    expect((await store.findSession(session.id))?.session.revokedReason).toBe('revoked_by_user')
  }
  const replays = await store.listEvents({ limit: 1, kind: 'refresh.replay_detected' })
  expect(replays.items).toEqual([])
}

describe('parallel turns of one refresh token on two nodes', () => {
  it('give one successor in memory', async () => {
    expect.hasAssertions()
    await expectOneChain(createMemoryStorage())
  })

  it('give one successor on SQLite', async () => {
    expect.hasAssertions()
    await expectOneChain(await aSqliteStorage())
  })

  it('that are replays end the family once in memory', async () => {
    expect.hasAssertions()
    await expectOneReplay(createMemoryStorage())
  })

  it('that are replays end the family once on SQLite', async () => {
    expect.hasAssertions()
    await expectOneReplay(await aSqliteStorage())
  })
})

describe('a revocation beside a turn', () => {
  it('wins in memory', async () => {
    expect.hasAssertions()
    await expectRevocationToWin(createMemoryStorage())
  })

  it('wins on SQLite', async () => {
    expect.hasAssertions()
    await expectRevocationToWin(await aSqliteStorage())
  })
})
