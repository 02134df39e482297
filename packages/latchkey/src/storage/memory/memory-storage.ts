import { systemClock, type Clock } from '../../platform/clock.ts'
import { createAnnouncer } from '../../store/change-signals.ts'
import { announcingCommit } from '../../store/changes.ts'
import { inLockOrder } from '../../store/lock-order.ts'
import { lostReasons } from '../../store/lost-reasons.ts'
import type { Storage } from '../storage.ts'
import { applyWrite } from './apply.ts'
import { chargeAll } from './charge.ts'
import { createQueries } from './queries.ts'
import { createTables } from './tables.ts'

/**
 * A storage for tests that forgets everything with the process. It keeps the whole contract; a commit is one synchronous step in a later
 * microtask than it was asked for in, and its caller hears of it later still, so that races are as real as on a database.
 *
 * @param options.clock what `databaseNow` reads; default: the system's clock
 * @example const auth = createAuth({ storage: createMemoryStorage(), … })
 */
export function createMemoryStorage({ clock = systemClock }: { readonly clock?: Clock } = {}): Storage {
  const tables = createTables()
  const { subscribe, announce } = createAnnouncer()

  const soon = Promise.resolve()

  return {
    ...createQueries(tables, clock),
    dialect: 'memory',
    // Nobody else can commit.
    changeSignals: { subscribe, version: () => 0 },
    charge: (charges, now, subjectOf) => soon.then(() => chargeAll(tables, charges, now, subjectOf)),
    commit: announcingCommit(
      (writes, now) =>
        soon.then(() =>
          tables.atomically(() => {
            const changed = writes.map(() => 0)
            for (const { write, index } of inLockOrder(writes)) {
              const outcome = applyWrite(tables, write, now)
              const reason = typeof outcome === 'string' ? outcome : outcome === 0 ? lostReasons[write.kind] : null
              if (reason !== null) return { ok: false, lost: { index, reason } }
              changed[index] = Number(outcome)
            }
            return { ok: true, changed }
          }),
        ),
      announce,
    ),
    migrate: () => Promise.resolve({ applied: [] }),
    migrationStatus: () => Promise.resolve({ applied: [], pending: [], unknown: [], altered: [] }),
    close: () => Promise.resolve(),
  }
}
