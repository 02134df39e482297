import type { Charge } from '../../../throttle/budget.ts'
import type { Challenge } from '../../../challenge/challenge.ts'
import type { ChargeResult, CommitResult } from '../../../store/store.ts'
import { inLockOrder } from '../../../store/lock-order.ts'
import type { LostReason } from '../../../store/lost-reasons.ts'
import type { Write } from '../../../store/writes.ts'
import type { EmailAddress } from '../../../user/email-address.ts'
import { budgetParameters } from '../budget-stamps.ts'
import { number } from '../cells.ts'
import { attemptParameters, lostChargeAnswer, lostChargeQuestion } from '../lost-charge.ts'
import { lostByGuard, lostByViolation } from '../lost-write.ts'
import { planWrite } from '../plan.ts'
import { subjectOf } from '../queries.ts'
import { challengeOf } from '../rows.ts'
import { bind, type SqlParameters, type SqlRow } from '../statement.ts'
import type { CompiledStatements, StatementName } from '../statements/statements.ts'
import { rowsOf, type SqliteDatabase, type SqliteStatement } from './database.ts'
import { sqliteFault } from './faults.ts'
import { createGroupCommit, type TransactionCommand } from './group-commit.ts'

export interface SqliteRunner {
  read(name: StatementName, values: SqlParameters): readonly SqlRow[]
  /** Another number once another connection has committed to the file (https://www.sqlite.org/pragma.html#pragma_data_version). */
  dataVersion(): number
  commit(writes: readonly Write[], now: number): Promise<CommitResult>
  charge(charges: readonly Charge[], now: number, email: EmailAddress | undefined): Promise<ChargeResult>
  /** Does at once what was asked for and waits for its turn. */
  drain(): void
}

type ChargeOutcome =
  | Extract<ChargeResult, { readonly ok: true }>
  | { readonly ok: false; readonly index: number; readonly charge: Charge }

/**
 * What happens in a transaction is synchronous: between BEGIN IMMEDIATE and COMMIT no other code of this process runs, and no other
 * process writes.
 */
export function createSqliteRunner(
  database: SqliteDatabase,
  compiled: CompiledStatements,
  /** `isOurs`: nobody else uses this connection, and it is set to WAL and `synchronous = FULL`. */
  { isOurs }: { readonly isOurs: boolean },
): SqliteRunner {
  const prepared: Partial<Record<StatementName, SqliteStatement>> = {}
  const control: Partial<Record<TransactionCommand, SqliteStatement>> = {}

  // Prepared at first use, since the tables may not be there when the storage is made.
  function statement(name: StatementName): SqliteStatement {
    const known = prepared[name]
    if (known !== undefined) return known
    const made = database.prepare(compiled[name].text)
    if (compiled[name].answers === 'rows') made.raw(true)
    prepared[name] = made
    return made
  }

  function tell(command: TransactionCommand): void {
    const known = (control[command] ??= database.prepare(command))
    known.run([])
  }

  const read: SqliteRunner['read'] = (name, values) => rowsOf(statement(name).all(bind(compiled[name], values)))
  const write = (name: StatementName, values: SqlParameters): number =>
    statement(name).run(bind(compiled[name], values)).changes

  let waitsForDisk = true
  const group = createGroupCommit({
    get inTransaction() {
      return database.inTransaction
    },
    tell,
    waitForDisk(doesWait) {
      if (!isOurs || doesWait === waitsForDisk) return
      // Not prepared: SQLite carries it out as it reads it.
      database.exec(`PRAGMA synchronous = ${doesWait ? 'FULL' : 'NORMAL'}`)
      waitsForDisk = doesWait
    },
  })

  function applyWrite(change: Write, now: number): number | LostReason {
    let changed = 0
    for (const { statement: name, values, follows, ifTouched } of planWrite(change, now)) {
      if (ifTouched === true && changed === 0) continue
      let touched: number
      try {
        touched = write(name, values)
      } catch (error) {
        const kind = sqliteFault(error)
        const reason = kind === 'unique' || kind === 'reference' ? lostByViolation(change.kind, kind) : undefined
        if (reason === undefined) throw error
        return reason
      }
      if (touched === 0 && compiled[name].answers === 'guard') return lostByGuard(change.kind)
      if (follows !== true) changed += touched
    }
    if (change.kind === 'removeExpired' && change.what === 'budgets' && changed < change.limit) {
      write('putOffBudgets', { before: change.before, limit: change.limit })
    }
    return changed
  }

  let version: SqliteStatement | undefined
  function dataVersion(): number {
    if (version === undefined) {
      version = database.prepare('PRAGMA data_version')
      version.pluck(true)
    }
    return number(version.get([]))
  }

  function applyWrites(writes: readonly Write[], now: number): CommitResult {
    const changed = writes.map(() => 0)
    for (const { write: change, index } of inLockOrder(writes)) {
      const outcome = applyWrite(change, now)
      if (typeof outcome !== 'number') return { ok: false, lost: { index, reason: outcome } }
      changed[index] = outcome
    }
    return { ok: true, changed }
  }

  function take(charges: readonly Charge[], now: number, email: EmailAddress | undefined): ChargeOutcome {
    let challenge: Challenge | null = null
    for (const [index, charge] of charges.entries()) {
      const touched =
        charge.kind === 'budget'
          ? write('chargeBudget', budgetParameters(charge, now))
          : write('chargeAttempt', attemptParameters(charge, now))
      if (touched === 0) return { ok: false, index, charge }
      if (charge.kind === 'budget') continue
      const [row] = read('findChallenge', { id: charge.challengeId })
      if (row !== undefined) challenge = challengeOf(row)
    }
    return { ok: true, challenge, subject: email && subjectOf(read('findSubjectByEmail', { email })) }
  }

  function answerCharge(outcome: ChargeOutcome, now: number): ChargeResult {
    if (outcome.ok) return outcome
    const { statement: question, values } = lostChargeQuestion(outcome.charge, now)
    const [row] = read(question, values)
    const { result, heal } = lostChargeAnswer(outcome, row, now)
    if (heal !== undefined) write('healBudget', heal)
    return result
  }

  return {
    read,
    dataVersion,
    commit: (writes, now) =>
      group.run({ work: () => applyWrites(writes, now), answer: (result) => result, isCharge: false }),
    charge: (charges, now, email) =>
      group.run({
        work: () => take(charges, now, email),
        answer: (outcome) => answerCharge(outcome, now),
        isCharge: true,
      }),
    drain: group.drain,
  }
}
