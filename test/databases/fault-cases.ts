import { afterEach, expect, it } from 'vitest'
import { LatchkeyError } from '../../packages/latchkey/src/platform/errors.ts'
import {
  aChallenge,
  aKey,
  anEvent,
  aSession,
  aUser,
  noon,
} from '../../packages/latchkey/src/storage/contract/fixtures.ts'
import type { Write } from '../../packages/latchkey/src/store/writes.ts'
import type { ProxiedDatabase } from './proxied.ts'

export interface FaultSubject {
  create(options?: { readonly statementTimeoutMs?: number }): Promise<ProxiedDatabase>
  /** A statement time-out of which a quarter is the shortest lock time-out that the server knows. */
  readonly impatientMs: number
  /** Raw SQL on one connection, so that a transaction can be held open. */
  openRaw(url: string): Promise<RawConnection>
}

export interface RawConnection {
  query(text: string): Promise<unknown>
  end(): Promise<void>
}

/** What a database server can do to a storage, beyond the contract; the same cases for each dialect. */
export function databaseFaultCases({ create, openRaw, impatientMs }: FaultSubject): void {
  const cleanUps: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
  })

  async function start(options?: { readonly statementTimeoutMs?: number }): Promise<ProxiedDatabase> {
    const subject = await create(options)
    cleanUps.push(() => subject.cleanUp())
    return subject
  }
  async function raw({ database }: ProxiedDatabase): Promise<RawConnection> {
    const connection = await openRaw(database.url)
    cleanUps.push(() => connection.end())
    return connection
  }

  it('is unavailable while the database is gone, and recovers by itself when it is back', async () => {
    const { storage, proxy } = await start()
    const user = aUser()
    await storage.commit([{ kind: 'createUser', user }], noon)
    proxy.goAway()
    const budget = { kind: 'budget', key: aKey(), limit: 1, windowMs: 60_000 } as const
    for (let round = 0; round < 3; round++) {
      await expectFault(storage.findUser(user.id), 'storage_unavailable')
      const change = storage.commit([{ kind: 'blockUser', userId: user.id, reason: null }], noon)
      await expectFault(change, 'storage_unavailable', 'outcome_unknown')
      await expectFault(storage.charge([budget], noon), 'storage_unavailable', 'outcome_unknown')
    }
    proxy.comeBack()
    expect(await storage.findUser(user.id)).toEqual(user)
    expect(await storage.charge([budget], noon)).toEqual({ ok: true, challenge: null })
    expect(await storage.commit([{ kind: 'blockUser', userId: user.id, reason: null }], noon)).toMatchObject({
      ok: true,
    })
  })

  it('asks for the receipt when the answer to COMMIT was lost, and repeats nothing that was done', async () => {
    const { storage, proxy } = await start()
    const user = aUser()
    await storage.commit([{ kind: 'createUser', user }], noon)
    const event = anEvent({ userId: user.id })
    proxy.loseAnswerOfCommit()
    const writes: readonly Write[] = [
      { kind: 'raiseEpoch', userId: user.id },
      { kind: 'appendEvent', event },
    ]
    expect(await storage.commit(writes, noon)).toMatchObject({ ok: true })
    expect((await storage.findUser(user.id))?.epoch).toBe(1)
    expect(await storage.hasEvent(event.id)).toBe(true)
  })

  it('does not know the outcome of a commit without a receipt whose answer was lost', async () => {
    const { storage, proxy } = await start()
    const user = aUser()
    await storage.commit([{ kind: 'createUser', user }], noon)
    proxy.loseAnswerOfCommit()
    const writes: readonly Write[] = [
      { kind: 'raiseEpoch', userId: user.id },
      { kind: 'setRoles', userId: user.id, roles: ['admin'] },
    ]
    await expectFault(storage.commit(writes, noon), 'outcome_unknown')
    await expect.poll(async () => (await storage.findUser(user.id))?.epoch).toBe(1)
  })

  it('never repeats a charge whose answer was lost: it was taken once', async () => {
    const { storage, proxy } = await start()
    const charges = [aKey(), aKey()].map((key) => ({ kind: 'budget', key, limit: 2, windowMs: 60_000 }) as const)
    proxy.loseAnswerOfCommit()
    await expectFault(storage.charge(charges, noon), 'outcome_unknown')
    expect(await storage.charge(charges, noon)).toMatchObject({ ok: true })
    expect(await storage.charge(charges, noon)).toMatchObject({ ok: false, lost: { index: 0, reason: 'over_limit' } })
  })

  it('does not know the outcome when the receipt cannot be asked for', async () => {
    const { storage, proxy } = await start()
    proxy.loseAnswerOfCommit()
    const running = storage.commit(
      [
        { kind: 'createUser', user: aUser() },
        { kind: 'appendEvent', event: anEvent() },
      ],
      noon,
    )
    const isOver = running.then(
      () => undefined,
      () => undefined,
    )
    // From the moment the COMMIT is swallowed nobody answers any more.
    proxy.whenCommitIsLost(() => proxy.goAway())
    await isOver
    await expectFault(running, 'outcome_unknown')
    proxy.comeBack()
  })

  it('repeats a commit that was rolled back to end a real deadlock', async () => {
    const subject = await start()
    const { storage } = subject
    const user = aUser()
    const session = aSession(user)
    await storage.commit(
      [
        { kind: 'createUser', user },
        { kind: 'openSession', session },
      ],
      noon,
    )
    const other = await raw(subject)
    let repeats = 0
    for (let round = 0; round < 3; round++) {
      await other.query('BEGIN')
      // Heavier than the commit, so that a database which weighs the two ends the commit.
      for (let row = 0; row < 20; row++) {
        await other.query(`INSERT INTO latchkey_change (user_id, occurred_at) VALUES ('${user.id}', ${row})`)
      }
      await other.query(`UPDATE latchkey_session SET last_seen_at = ${noon + round} WHERE id = '${session.id}'`)
      const committing = storage.commit(
        [
          { kind: 'raiseEpoch', userId: user.id, keepSessionId: session.id },
          { kind: 'touchSessions', seen: [{ sessionId: session.id, at: noon + 1_000 + round }] },
        ],
        noon,
      )
      await waitUntilBlocked(subject)
      const crossing = other.query(`UPDATE latchkey_user SET updated_at = ${noon} WHERE id = '${user.id}'`)
      await crossing.then(
        async () => {
          // The other side lived, so it was the commit that was rolled back.
          repeats += 1
          await other.query('COMMIT')
        },
        () => other.query('ROLLBACK'),
      )
      expect(await committing).toMatchObject({ ok: true })
      expect((await storage.findUser(user.id))?.epoch).toBe(round + 1)
      expect((await storage.findSession(session.id))?.session.epoch).toBe(round + 1)
    }
    expect(repeats).toBeGreaterThan(0)
  })

  it('gives up after five tries at a lock that nobody lets go, with nothing done', async () => {
    const subject = await start({ statementTimeoutMs: impatientMs })
    const { storage } = subject
    const [user, challenge] = [aUser(), aChallenge()]
    await storage.commit(
      [
        { kind: 'createUser', user },
        { kind: 'issueChallenge', challenge },
      ],
      noon,
    )
    const other = await raw(subject)
    await other.query('BEGIN')
    await other.query(`UPDATE latchkey_challenge SET sends = 7 WHERE id = '${challenge.id}'`)
    const writes: readonly Write[] = [
      { kind: 'raiseEpoch', userId: user.id },
      { kind: 'consumeChallenge', challengeId: challenge.id },
    ]
    await expectFault(storage.commit(writes, noon), 'storage_conflict')
    await other.query('ROLLBACK')
    expect((await storage.findUser(user.id))?.epoch).toBe(0)
    expect(await storage.commit(writes, noon)).toEqual({ ok: true, changed: [1, 1] })
  })

  it('reports an id that is taken as a fault, without what the row holds', async () => {
    const { storage } = await start()
    const event = anEvent({ data: '{"secret":"s3cret"}' })
    await storage.commit([{ kind: 'appendEvent', event }], noon)
    const user = aUser()
    const again = storage.commit(
      [
        { kind: 'createUser', user },
        { kind: 'appendEvent', event },
      ],
      noon,
    )
    const error = await expectFault(again, 'storage_conflict')
    expect(textOf(error)).not.toMatch(new RegExp(`${event.id}|s3cret`))
    expect(await storage.findUser(user.id)).toBeUndefined()
  })
}

export async function expectFault(running: Promise<unknown>, ...codes: readonly string[]): Promise<LatchkeyError> {
  const error: unknown = await running.then(
    (result) => result,
    (reason: unknown) => reason,
  )
  if (!(error instanceof LatchkeyError))
    throw new TypeError(`expected a fault, got ${JSON.stringify(error)} ${String(error)}`)
  expect(codes).toContain(error.code)
  return error
}

/** Everything that a log could print of an error. */
export function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const own = Object.getOwnPropertyNames(error).map((name) => String(Reflect.get(error, name)))
  return [...own, textOf(error.cause)].join('\n')
}

async function waitUntilBlocked({ database }: ProxiedDatabase): Promise<void> {
  const text = database.url.startsWith('postgres')
    ? `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
    : `SELECT 1 FROM information_schema.innodb_trx t JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id
       WHERE p.db = DATABASE() AND t.trx_state = 'LOCK WAIT'`
  // InnoDB refreshes what it shows here only when nobody has looked for 100 ms.
  await expect
    .poll(async () => (await database.query(text)).length, { timeout: 5_000, interval: 120 })
    .toBeGreaterThan(0)
}
