import { describe, expect, it } from 'vitest'
import { brand } from '../platform/brand.ts'
import { LatchkeyError } from '../platform/errors.ts'
import { minuteMs, secondMs } from '../platform/clock.ts'
import type { CommitResult, Store } from '../store/store.ts'
import type { Write } from '../store/writes.ts'
import { createTestAuth } from '../testing/test-auth.ts'
import { createTestCore, type TestCore } from '../testing/test-core.ts'
import { aTestSession, aTestUser, countingStore } from '../testing/test-session.ts'
import { createLastSeen } from './last-seen.ts'
import type { Session, SessionId } from './session.ts'

/** A store that refuses commits until it is told otherwise, and keeps what it was asked for. */
function faulty(core: TestCore): { store: Pick<Store, 'commit'>; writes: Write[]; isDown: boolean } {
  const state = {
    isDown: true,
    writes: [] as Write[],
    store: {
      commit(writes: readonly Write[], now: number): Promise<CommitResult> {
        if (state.isDown) return Promise.reject(new LatchkeyError('storage_unavailable'))
        state.writes.push(...writes)
        return core.store.commit(writes, now)
      },
    },
  }
  return state
}

function seenIn(writes: readonly Write[]): readonly { readonly sessionId: SessionId; readonly at: number }[] {
  return writes.flatMap((write) => (write.kind === 'touchSessions' ? write.seen : []))
}

async function aSession(core: TestCore): Promise<Session> {
  return (await aTestSession(core, await aTestUser(core))).session
}

describe('the time of the last visit', () => {
  it('is written off the request path, in one commit for all sessions', async () => {
    const core = createTestCore()
    const { store, calls } = countingStore(core.store)
    const test = createTestAuth({ storage: store, clock: core.clock })
    const browsers = [await test.signUp('ada@example.com'), await test.signUp('bob@example.com')]
    await test.clock.advance(minuteMs)
    calls.clear()
    for (const browser of browsers) await browser.get('/session')
    expect(calls.get('commit')).toBeUndefined()
    await test.auth.close()
    expect(calls.get('commit')).toBe(1)
    const listed = await browsers[0]?.get('/sessions')
    expect(listed?.body).toMatchObject({ sessions: [{ lastSeenAt: new Date(test.clock.now()).toISOString() }] })
  })

  it('is written at most once a minute a session', async () => {
    const core = createTestCore()
    const state = faulty(core)
    state.isDown = false
    const lastSeen = createLastSeen(state)
    const { id } = await aSession(core)
    const begun = core.clock.now()
    for (let at = begun; at <= begun + 10 * minuteMs; at += secondMs) {
      const found = await core.store.findSession(id)
      if (found !== undefined) lastSeen.note(found.session, at)
      await lastSeen.flush(at)
    }
    const times = seenIn(state.writes).map(({ at }) => at)
    expect(times).toHaveLength(10)
    for (const [index, at] of times.entries()) expect(at - (times[index - 1] ?? begun)).toBeGreaterThanOrEqual(minuteMs)
  })

  it('asks for no commit when nobody came', async () => {
    const core = createTestCore()
    const state = faulty(core)
    await createLastSeen(state).flush(core.clock.now())
    expect(state.writes).toEqual([])
  })

  it('survives a store that fails, and keeps the newer of two visits', async () => {
    const core = createTestCore()
    const state = faulty(core)
    const lastSeen = createLastSeen(state)
    const session = await aSession(core)
    const other = await aSession(core)
    const at = core.clock.now() + minuteMs
    lastSeen.note(session, at)
    lastSeen.note(other, at)
    const flushing = lastSeen.flush(at)
    // Comes while the commit is under way that will fail.
    lastSeen.note(session, at + secondMs)
    await expect(flushing).rejects.toMatchObject({ code: 'storage_unavailable' })
    state.isDown = false
    await lastSeen.flush(at + secondMs)
    expect(new Map(seenIn(state.writes).map((seen) => [seen.sessionId, seen.at]))).toEqual(
      new Map([
        [session.id, at + secondMs],
        [other.id, at],
      ]),
    )
    expect((await core.store.findSession(session.id))?.session.lastSeenAt).toBe(at + secondMs)
  })

  it('never moves back', async () => {
    const core = createTestCore()
    const session = await aSession(core)
    const lastSeen = createLastSeen(core)
    const at = core.clock.now() + 5 * minuteMs
    lastSeen.note(session, at)
    await lastSeen.flush(at)
    lastSeen.note(session, at - minuteMs)
    await lastSeen.flush(at)
    expect((await core.store.findSession(session.id))?.session.lastSeenAt).toBe(at)
  })

  it('holds a bounded number of sessions, however many come and however long the store fails', async () => {
    const core = createTestCore()
    const state = faulty(core)
    const lastSeen = createLastSeen(state)
    const session = await aSession(core)
    const at = core.clock.now() + minuteMs
    let count = 0
    const noteMany = (): void => {
      for (let index = 0; index < 11_000; index++) lastSeen.note({ ...session, id: brand(`session-${count++}`) }, at)
    }
    for (let round = 0; round < 4; round++) {
      noteMany()
      const flushing = lastSeen.flush(at)
      noteMany()
      await expect(flushing).rejects.toMatchObject({ code: 'storage_unavailable' })
    }
    state.isDown = false
    await lastSeen.flush(at)
    expect(seenIn(state.writes)).toHaveLength(10_000)
  })
})
