import type { EventId } from '../../audit/audit-event.ts'
import type { Random } from '../../platform/random.ts'
import type { Sleep } from '../../platform/sleep.ts'
import type { CommitResult } from '../../store/store.ts'
import { lostReasons } from '../../store/lost-reasons.ts'
import type { Write } from '../../store/writes.ts'
import { faultError, type FaultKind } from './database-fault.ts'

export const mostTries = 5

export interface RepeatPorts {
  readonly random: Random
  readonly sleep: Sleep
}

/** Before the try that follows number `tries`: random, longer from try to try, so that those who collided do not meet again. */
export function pauseBeforeRepeat(tries: number, { random, sleep }: RepeatPorts): Promise<void> {
  return sleep(2 + random.integer(5 * 2 ** tries))
}

/** How one try at a transaction ended. */
export type Attempt<Result> =
  | { readonly ended: 'answered'; readonly result: Result }
  /** The database rolled back, or never heard of it. `again`: a later try may fare better. */
  | { readonly ended: 'undone'; readonly fault: FaultKind; readonly again: boolean; readonly error: unknown }
  /** The connection broke and the transaction may or may not have been committed. */
  | { readonly ended: 'unknown'; readonly error: unknown }

/** Repeats what was undone by chance; never what may have been done. */
export async function chargePersistently<Result>(
  attempt: () => Promise<Attempt<Result>>,
  ports: RepeatPorts,
): Promise<Result> {
  for (let tries = 1; ; tries++) {
    const outcome = await attempt()
    if (outcome.ended === 'answered') return outcome.result
    if (outcome.ended === 'unknown') throw faultError('cut', outcome.error)
    if (!outcome.again || tries === mostTries) throw faultError(outcome.fault, outcome.error)
    await pauseBeforeRepeat(tries, ports)
  }
}

/**
 * The same for a commit, which carries its receipt: the id of its first event. After a cut connection the receipt is asked for. If it
 * is there, the commit was done; if not, it is repeated, and should the first try still be under way on the server, the two meet at the
 * event's id or at a guard, after which the receipt is asked for once more.
 */
export async function commitPersistently(
  writes: readonly Write[],
  attempt: () => Promise<Attempt<CommitResult>>,
  ports: RepeatPorts & { readonly hasEvent: (id: EventId) => Promise<boolean> },
): Promise<CommitResult> {
  const receipt = writes.find((write) => write.kind === 'appendEvent')?.event.id
  let cut: unknown
  for (let tries = 1; ; tries++) {
    const outcome = await attempt()
    if (outcome.ended === 'answered' && outcome.result.ok) return outcome.result
    if (outcome.ended === 'unknown') cut = outcome.error
    if (cut !== undefined && (receipt === undefined || (await isDone(receipt, cut)))) {
      if (receipt === undefined) throw faultError('cut', cut)
      // The counts went with the connection: what a guard vouches for was one row, of sets nothing is claimed.
      return { ok: true, changed: writes.map(({ kind }) => (lostReasons[kind] === null ? 0 : 1)) }
    }
    if (outcome.ended === 'answered') return outcome.result
    const again = outcome.ended === 'unknown' || outcome.again
    if (!again || tries === mostTries) {
      throw outcome.ended === 'unknown' ? faultError('cut', cut) : faultError(outcome.fault, outcome.error)
    }
    await pauseBeforeRepeat(tries, ports)
  }

  async function isDone(id: EventId, error: unknown): Promise<boolean> {
    try {
      return await ports.hasEvent(id)
    } catch {
      throw faultError('cut', error)
    }
  }
}
