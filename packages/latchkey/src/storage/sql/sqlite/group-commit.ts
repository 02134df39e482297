import { nextRound, promisesRun } from '../../../platform/timers.ts'

/** How a transaction is begun and ended. */
export interface TransactionControl {
  readonly inTransaction: boolean
  tell(command: TransactionCommand): void
  /** Of the transactions that begin from now on: whether COMMIT waits until they would outlive a power cut. */
  waitForDisk(doesWait: boolean): void
}

export type TransactionCommand =
  | 'BEGIN IMMEDIATE'
  | 'COMMIT'
  | 'ROLLBACK'
  | 'SAVEPOINT one'
  | 'ROLLBACK TO one'
  | 'RELEASE one'

/** What one caller wants done, all or nothing. */
export interface Job<Outcome extends { readonly ok: boolean }, Result> {
  /** What it wrote is undone unless it is `ok`. */
  work(): Outcome
  /** Runs behind that, and what it writes stays. */
  answer(outcome: Outcome): Result
  /** A charge outlives the process, and a power cut from the next commit on that is none (docs/decisions/0022). */
  readonly isCharge: boolean
}

export interface GroupCommit {
  /** Answers behind the COMMIT. */
  run<Outcome extends { readonly ok: boolean }, Result>(job: Job<Outcome, Result>): Promise<Result>
  /** Runs at once what waits. */
  drain(): void
}

interface Caller {
  readonly isCharge: boolean
  apply(undo: () => void): void
  succeed(): void
  fail(error: unknown): void
}

/** Others who wait for the process (session checks) get their turn between two groups. */
const mostInGroup = 32

/**
 * Requests that arrive at once over several sockets meet only where one waits for the round of the event loop to end. Who has been alone
 * for long need not: it tries in two of 32 cases.
 */
const rounds = { waited: 2, outOf: 32 }

/**
 * Whoever asks within one round of the event loop shares one transaction, and with it the one wait for the disk and the pages that many
 * write to: each in the order of asking, each behind a savepoint of its own, so that who loses undoes nothing of the others. Who is alone
 * has the transaction alone. What breaks the transaction itself (full disk, another process that writes) breaks it for all of its callers,
 * and nothing of any was done.
 */
export function createGroupCommit(transaction: TransactionControl): GroupCommit {
  const { tell } = transaction
  const waiting: Caller[] = []
  let aloneInARow = 0

  function runGroup(): void {
    const group = waiting.splice(0, mostInGroup)
    aloneInARow = group.length === 1 ? aloneInARow + 1 : 0
    if (waiting.length > 0) soon()
    try {
      runTogether(group)
    } catch (error) {
      for (const caller of group) caller.fail(error)
      return
    }
    for (const caller of group) caller.succeed()
  }

  function runTogether(group: readonly Caller[]): void {
    transaction.waitForDisk(!group.every(({ isCharge }) => isCharge))
    tell('BEGIN IMMEDIATE')
    try {
      const [alone, ...others] = group
      if (others.length === 0) alone?.apply(() => tell('ROLLBACK'))
      else group.forEach(runApart)
      if (transaction.inTransaction) tell('COMMIT')
    } finally {
      // SQLite may have rolled back by itself (full disk), so it is asked first.
      if (transaction.inTransaction) tell('ROLLBACK')
    }
  }

  function runApart(caller: Caller): void {
    tell('SAVEPOINT one')
    try {
      caller.apply(() => tell('ROLLBACK TO one'))
    } catch (error) {
      if (!transaction.inTransaction) throw error
      tell('ROLLBACK TO one')
      caller.fail(error)
    }
    tell('RELEASE one')
  }

  function soon(): void {
    const others = aloneInARow % rounds.outOf < rounds.waited ? nextRound() : promisesRun()
    void others.then(() => {
      if (waiting.length > 0) runGroup()
    })
  }

  return {
    run: (job) =>
      new Promise((resolve, reject) => {
        let result: ReturnType<typeof job.answer>
        if (waiting.length === 0) soon()
        waiting.push({
          isCharge: job.isCharge,
          apply(undo) {
            const outcome = job.work()
            if (!outcome.ok) undo()
            result = job.answer(outcome)
          },
          succeed: () => resolve(result),
          fail: reject,
        })
      }),
    drain() {
      while (waiting.length > 0) runGroup()
    },
  }
}
