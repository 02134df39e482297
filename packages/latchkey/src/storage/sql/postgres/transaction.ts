import type { Challenge } from '../../../challenge/challenge.ts'
import type { CommitResult, Subject } from '../../../store/store.ts'
import { inLockOrder } from '../../../store/lock-order.ts'
import type { Write, WriteKind } from '../../../store/writes.ts'
import type { Charge } from '../../../throttle/budget.ts'
import type { EmailAddress } from '../../../user/email-address.ts'
import { budgetParameters } from '../budget-stamps.ts'
import { attemptParameters } from '../lost-charge.ts'
import { lostByGuard, lostByViolation } from '../lost-write.ts'
import { planWrite } from '../plan.ts'
import type { Attempt } from '../repeat.ts'
import { subjectOf } from '../queries.ts'
import { challengeOf } from '../rows.ts'
import { codeOf } from '../database-fault.ts'
import { rowsOf, type PostgresPool, type PostgresQuery } from './driver.ts'
import { isLostGuard, isSqlState, postgresFault } from './faults.ts'
import { begin, commit, runFlight, type NotConnected } from './flight.ts'
import type { PrepareQuery } from './prepare.ts'
import type { Flight, Send } from './send.ts'

export interface TransactionPorts {
  readonly pool: PostgresPool
  readonly send: Send
  readonly prepare: PrepareQuery
}

interface PlannedQuery {
  readonly kind: WriteKind
  readonly index: number
  readonly counts: boolean
  readonly query: PostgresQuery
}

/** One try at a commit: BEGIN, every statement and COMMIT in one flight. */
export async function tryCommit(
  ports: TransactionPorts,
  writes: readonly Write[],
  now: number,
): Promise<Attempt<CommitResult>> {
  const plan: PlannedQuery[] = []
  for (const { write, index } of inLockOrder(writes)) {
    for (const { statement, values, follows, ifTouched } of planWrite(write, now)) {
      // The step before did it, if it touched anything.
      if (ifTouched === true) continue
      const query = ports.prepare(statement, values)
      plan.push({ kind: write.kind, index, counts: follows !== true, query })
    }
  }
  if (plan.length === 0) return { ended: 'answered', result: { ok: true, changed: writes.map(() => 0) } }

  const flight = await runFlight(ports, [begin, ...plan.map(({ query }) => query), commit])
  if (!flight.ok) return lostCommit(flight, plan)
  if (flight.results.at(-1)?.command !== 'COMMIT') {
    return { ended: 'undone', fault: 'unavailable', again: true, error: new Error('COMMIT rolled back') }
  }
  const changed = writes.map(() => 0)
  for (const [position, { index, counts }] of plan.entries()) {
    // A guard that held answers with one row.
    if (counts) changed[index] = (changed[index] ?? 0) + (flight.results[position + 1]?.rowCount ?? 0)
  }
  return { ended: 'answered', result: { ok: true, changed } }
}

function lostCommit(
  flight: (Flight & { readonly ok: false }) | NotConnected,
  plan: readonly PlannedQuery[],
): Attempt<CommitResult> {
  if ('notConnected' in flight) return undone(flight)
  const { index: position, error } = flight.failure
  const loser = plan[position - 1]
  const fault = postgresFault(error)
  if (loser !== undefined) {
    const reason = isLostGuard(error)
      ? lostByGuard(loser.kind)
      : fault === 'unique' || fault === 'reference'
        ? lostByViolation(loser.kind, fault)
        : undefined
    if (reason !== undefined) return { ended: 'answered', result: { ok: false, lost: { index: loser.index, reason } } }
  }
  return undone(flight, plan.length + 1)
}

/** One try at a charge; `lost` is left to one further read. */
export type ChargeOutcome =
  | { readonly ok: true; readonly challenge: Challenge | null; readonly subject: Subject | undefined }
  | { readonly ok: false; readonly index: number; readonly charge: Charge }

export async function tryCharge(
  ports: TransactionPorts,
  charges: readonly Charge[],
  { now, email }: { readonly now: number; readonly email: EmailAddress | undefined },
): Promise<Attempt<ChargeOutcome>> {
  const queries = charges.map((charge) =>
    charge.kind === 'budget'
      ? ports.prepare('chargeBudget', budgetParameters(charge, now))
      : ports.prepare('chargeAttempt', attemptParameters(charge, now)),
  )
  // Behind the charges: the server skips it when one of them was lost, and we look at it only after the COMMIT.
  if (email !== undefined) queries.push(ports.prepare('findSubjectByEmail', { email }))
  if (queries.length === 0) return { ended: 'answered', result: { ok: true, challenge: null, subject: undefined } }
  // A single statement is a transaction by itself.
  const isSingle = queries.length === 1
  const flight = await runFlight(ports, isSingle ? queries : [begin, ...queries, commit])
  const first = isSingle ? 0 : 1

  if (!flight.ok) {
    if (!('notConnected' in flight) && isLostGuard(flight.failure.error)) {
      const index = flight.failure.index - first
      const charge = charges[index]
      if (charge !== undefined) return { ended: 'answered', result: { ok: false, index, charge } }
    }
    return undone(flight, isSingle ? 0 : queries.length + 1)
  }
  let challenge: Challenge | null = null
  for (const [index, charge] of charges.entries()) {
    const result = flight.results[first + index]
    if (charge.kind === 'budget' || result === undefined) continue
    const [row] = rowsOf(result)
    if (row !== undefined) challenge = challengeOf(row, 1)
  }
  const found = email === undefined ? undefined : flight.results[first + charges.length]
  const subject = found && subjectOf(rowsOf(found))
  return { ended: 'answered', result: { ok: true, challenge, subject } }
}

/** `last` is the position of the query that makes the transaction durable. */
function undone(flight: (Flight & { readonly ok: false }) | NotConnected, last = 0): Attempt<never> {
  if ('notConnected' in flight) {
    return { ended: 'undone', fault: 'unavailable', again: false, error: flight.notConnected }
  }
  const { index, error } = flight.failure
  const fault = postgresFault(error)
  if (fault === undefined) throw error
  if (fault !== 'cut') return { ended: 'undone', fault, again: fault === 'collision', error }
  // The server itself refused a query before the last one, so the transaction cannot have been committed.
  if (isSqlState(codeOf(error)) && index < last) return { ended: 'undone', fault: 'unavailable', again: true, error }
  return { ended: 'unknown', error }
}
