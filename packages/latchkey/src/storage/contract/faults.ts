import { deepEqual, equal, ok } from 'node:assert/strict'
import { LatchkeyError } from '../../platform/errors.ts'
import type { CommitResult } from '../../store/store.ts'
import type { Storage } from '../storage.ts'
import type { ContractDatabase } from './contract.ts'
import { everyWrite, inAnyOrder } from './every-write.ts'
import { aUser, noon } from './fixtures.ts'
import type { Group } from './group.ts'
import { areThere, commit, threeRows } from './outcomes.ts'

/** Crashes between statements and lost connections. Left out for storages that cannot be put through them. */
export function faultCases<Database extends ContractDatabase>({
  describe,
  it,
  subject,
  rounds,
}: Group<Database>): void {
  const { breakCommit, cutConnections, openAnother } = subject.capabilities ?? {}

  if (breakCommit !== undefined) {
    describe('a commit that breaks', () => {
      it('is whole or not there, wherever it breaks, and the storage goes on', async (storage, database) => {
        const statements = inAnyOrder((await everyWrite(storage)).writes).length + 1
        for (let statement = 1; statement <= statements; statement++) {
          const { writes, snapshot, receipt } = await everyWrite(storage)
          const before = await snapshot()
          await breakCommit(database, statement)
          const outcome = await outcomeOf(storage.commit(inAnyOrder(writes), noon))
          const isThere = await eventually(storage, () => storage.hasEvent(receipt))
          if (outcome === 'committed') ok(isThere, `statement ${statement}: confirmed, but not there`)
          else if (outcome === 'nothing_done') ok(!isThere, `statement ${statement}: refused, but there`)
          if (!isThere) {
            deepEqual(await snapshot(), before, `statement ${statement}: half a commit`)
            await commit(storage, inAnyOrder(writes))
          }
        }
      })
    })
  }

  if (cutConnections !== undefined) {
    describe('connections that are cut', () => {
      it('lose no confirmed commit and leave none half done, and the storage recovers by itself', async (storage, database) => {
        for (let round = 0; round < rounds; round++) {
          const commits = Array.from({ length: 20 }, threeRows)
          const running = commits.map(({ writes }) => outcomeOf(storage.commit(writes, noon)))
          await cutConnections(database)
          const outcomes = await Promise.all(running)
          await eventually(storage, () => storage.databaseNow())
          for (const [index, rows] of commits.entries()) {
            const isThere = await areThere(storage, rows)
            if (outcomes[index] === 'committed') ok(isThere, 'confirmed, but not there')
            if (outcomes[index] === 'nothing_done') ok(!isThere, 'refused, but there')
          }
        }
      })
    })
  }

  if (openAnother !== undefined) {
    describe('another connection', () => {
      it('sees a commit as soon as it is confirmed', async (storage, database) => {
        const another = await openAnother(database)
        try {
          const user = aUser()
          await commit(storage, [{ kind: 'createUser', user }])
          deepEqual(await another.findUser(user.id), user)
          await commit(another, [{ kind: 'blockUser', userId: user.id, reason: null }])
          equal((await storage.findUser(user.id))?.epoch, 1)
        } finally {
          await another.close()
        }
      })

      it('may migrate at the same time', async (storage, database) => {
        const another = await openAnother(database)
        try {
          const reports = await Promise.all([
            storage.migrate(),
            another.migrate(),
            storage.migrate(),
            another.migrate(),
          ])
          for (const { applied } of reports) deepEqual(applied, [])
        } finally {
          await another.close()
        }
      })
    })
  }
}

/** A fault has to be one of ours, and says whether anything may have been done. */
async function outcomeOf(running: Promise<CommitResult>): Promise<'committed' | 'nothing_done' | 'unknown'> {
  try {
    const result = await running
    ok(result.ok, 'nothing else writes these rows, so no guard is lost')
    return 'committed'
  } catch (error) {
    if (!(error instanceof LatchkeyError)) throw error
    ok(['storage_unavailable', 'storage_conflict', 'outcome_unknown'].includes(error.code), error.code)
    return error.code === 'outcome_unknown' ? 'unknown' : 'nothing_done'
  }
}

/** A broken connection may fail a few more calls before the storage has a good one. */
async function eventually<Result>(storage: Storage, ask: () => Promise<Result>): Promise<Result> {
  const maxTries = 20
  for (let tried = 1; ; tried++) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof LatchkeyError) || error.code !== 'storage_unavailable' || tried === maxTries) throw error
      await storage.databaseNow().catch(() => undefined)
    }
  }
}
