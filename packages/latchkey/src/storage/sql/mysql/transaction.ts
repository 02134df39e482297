import type { Challenge } from '../../../challenge/challenge.ts'
import type { CommitResult } from '../../../store/store.ts'
import { inLockOrder } from '../../../store/lock-order.ts'
import type { LostReason } from '../../../store/lost-reasons.ts'
import type { Write } from '../../../store/writes.ts'
import type { Charge } from '../../../throttle/budget.ts'
import { budgetParameters } from '../budget-stamps.ts'
import { attemptParameters } from '../lost-charge.ts'
import { lostByGuard, lostByViolation } from '../lost-write.ts'
import { planWrite } from '../plan.ts'
import type { Attempt } from '../repeat.ts'
import { challengeOf } from '../rows.ts'
import { bind, type SqlParameters } from '../statement.ts'
import type { CompiledStatements, StatementName } from '../statements/statements.ts'
import {
  command,
  connectionOf,
  execute,
  type MysqlConnection,
  type MysqlPool,
  type MysqlQuery,
  type MysqlResult,
} from './driver.ts'
import { mysqlFault } from './faults.ts'

export interface MysqlPorts {
  readonly pool: MysqlPool
  readonly compiled: CompiledStatements
  /** The client's own patience, for a connection that does not answer at all. */
  readonly timeoutMs: number
}

export function queryFor({ compiled, timeoutMs }: MysqlPorts, name: StatementName, values: SqlParameters): MysqlQuery {
  return { sql: compiled[name].text, values: bind(compiled[name], values), rowsAsArray: true, timeout: timeoutMs }
}

type Run = (name: StatementName, values: SqlParameters) => Promise<MysqlResult>

/** One try at a commit, statement by statement; any loss or error rolls back. */
export function tryCommit(ports: MysqlPorts, writes: readonly Write[], now: number): Promise<Attempt<CommitResult>> {
  if (writes.length === 0) return Promise.resolve({ ended: 'answered', result: { ok: true, changed: [] } })
  return inTransaction<CommitResult>(ports, async (run) => {
    const changed = writes.map(() => 0)
    for (const { write, index } of inLockOrder(writes)) {
      const outcome = await applyWrite({ run, compiled: ports.compiled }, write, now)
      if (typeof outcome !== 'number') return { ok: false, lost: { index, reason: outcome } }
      changed[index] = outcome
    }
    return { ok: true, changed }
  })
}

async function applyWrite(
  { run, compiled }: { readonly run: Run; readonly compiled: CompiledStatements },
  write: Write,
  now: number,
): Promise<number | LostReason> {
  let changed = 0
  for (const { statement: name, values, follows, ifTouched } of planWrite(write, now)) {
    if (ifTouched === true && changed === 0) continue
    let touched: number
    try {
      touched = affectedOnce(name, (await run(name, values)).affectedRows)
    } catch (error) {
      const fault = mysqlFault(error)
      const reason = fault === 'unique' || fault === 'reference' ? lostByViolation(write.kind, fault) : undefined
      if (reason === undefined) throw error
      return reason
    }
    if (touched === 0 && compiled[name].answers === 'guard') return lostByGuard(write.kind)
    if (follows !== true) changed += touched
  }
  return changed
}

// ON DUPLICATE KEY UPDATE counts an updated row twice (https://mariadb.com/kb/en/insert-on-duplicate-key-update/).
function affectedOnce(name: StatementName, affectedRows: number): number {
  return name === 'putCredential' ? Math.min(affectedRows, 1) : affectedRows
}

/** One try at a charge; `lost` is left to one further read. */
export type ChargeOutcome =
  | { readonly ok: true; readonly challenge: Challenge | null }
  | { readonly ok: false; readonly index: number; readonly charge: Charge }

export function tryCharge(ports: MysqlPorts, charges: readonly Charge[], now: number): Promise<Attempt<ChargeOutcome>> {
  if (charges.length === 0) return Promise.resolve({ ended: 'answered', result: { ok: true, challenge: null } })
  return inTransaction<ChargeOutcome>(ports, async (run) => {
    let challenge: Challenge | null = null
    for (const [index, charge] of charges.entries()) {
      if (charge.kind === 'budget') {
        if (!(await chargeBudget(run, budgetParameters(charge, now)))) return { ok: false, index, charge }
        continue
      }
      const { affectedRows } = await run('chargeAttempt', attemptParameters(charge, now))
      if (affectedRows === 0) return { ok: false, index, charge }
      const [row] = (await run('findChallenge', { id: charge.challengeId })).rows
      if (row !== undefined) challenge = challengeOf(row)
    }
    return { ok: true, challenge }
  })
}

/** One statement for a budget that is there; for a new one its row is made first, since an upsert has no guard here. */
async function chargeBudget(run: Run, values: SqlParameters): Promise<boolean> {
  if ((await run('chargeBudget', values)).affectedRows > 0) return true
  await run('makeBudget', values)
  return (await run('chargeBudget', values)).affectedRows > 0
}

/** COMMIT if the work is `ok`, else ROLLBACK. A connection that broke before COMMIT was sent has rolled back. */
async function inTransaction<Result extends { readonly ok: boolean }>(
  ports: MysqlPorts,
  work: (run: Run) => Promise<Result>,
): Promise<Attempt<Result>> {
  let connection: MysqlConnection
  try {
    connection = await connectionOf(ports.pool)
  } catch (error) {
    return { ended: 'undone', fault: 'unavailable', again: false, error }
  }
  let isCommitting = false
  try {
    await command(connection, 'START TRANSACTION')
    const result = await work((name, values) => execute(connection, queryFor(ports, name, values)))
    isCommitting = result.ok
    await command(connection, result.ok ? 'COMMIT' : 'ROLLBACK')
    connection.release()
    return { ended: 'answered', result }
  } catch (error) {
    const fault = mysqlFault(error)
    await giveBack(connection, fault)
    if (fault === undefined) throw error
    if (fault !== 'cut') return { ended: 'undone', fault, again: fault === 'collision', error }
    return isCommitting ? { ended: 'unknown', error } : { ended: 'undone', fault: 'unavailable', again: true, error }
  }
}

async function giveBack(connection: MysqlConnection, fault: ReturnType<typeof mysqlFault>): Promise<void> {
  try {
    if (fault === 'cut' || fault === undefined) throw new TypeError('not to be used again')
    await command(connection, 'ROLLBACK')
    connection.release()
  } catch {
    // The server rolls back when the connection ends.
    connection.destroy()
  }
}
