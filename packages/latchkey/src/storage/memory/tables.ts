import type { AuditEvent, AuditSeal } from '../../audit/audit-event.ts'
import type { Challenge } from '../../challenge/challenge.ts'
import type { Message } from '../../courier/message.ts'
import type { Credential } from '../../credential/credential.ts'
import type { Change } from '../../session/change.ts'
import type { Device } from '../../session/device.ts'
import type { Session } from '../../session/session.ts'
import type { SigningKey } from '../../session/signing-key.ts'
import type { User } from '../../user/user.ts'
import { createBudgets, type Budgets } from './budgets.ts'

/** Frozen rows under their key: nobody outside can change what is stored, neither through what was given nor through what was got. */
export interface Table<Key extends string | number, Row> {
  /** The row under `key`, if it is there and passes; as a list, so that it can be handed to `change` and `remove`. */
  one(key: Key, test?: (row: Row) => boolean): readonly Row[]
  /** The rows that pass, by ascending key. */
  all(test?: (row: Row) => boolean): readonly Row[]
  /** A plain insert; throws when the key is taken, as a primary key does. */
  add(row: Row): number
  change(rows: readonly Row[], to: (row: Row) => Partial<Row>): number
  remove(rows: readonly Row[]): number
}

export interface Tables {
  readonly users: Table<string, User>
  readonly credentials: Table<string, Credential>
  readonly challenges: Table<string, Challenge>
  readonly sessions: Table<string, Session>
  readonly devices: Table<string, Device>
  readonly signingKeys: Table<string, SigningKey>
  readonly budgets: Budgets
  readonly messages: Table<string, Message>
  readonly events: Table<string, AuditEvent>
  readonly seals: Table<number, AuditSeal>
  readonly changes: Table<number, Change>
  /** A number that was never given before. */
  nextSequence(): number
  /** Runs `work` without a pause; unless its result is `ok`, nothing of it has happened. */
  atomically<Result extends { readonly ok: boolean }>(work: (journal: Journal) => Result): Result
}

/** Is told how each change of an atomic step is undone. */
export type Journal = (undo: () => void) => void

export function createTables(): Tables {
  let undos: (() => void)[] = []
  const journal: Journal = (undo) => void undos.push(undo)
  let sequence = 0

  function table<Key extends string | number, Row>(keyOf: (row: Row) => Key): Table<Key, Row> {
    const rows = new Map<Key, Row>()
    const set = (key: Key, row: Row | undefined): void => {
      const before = rows.get(key)
      journal(() => void (before === undefined ? rows.delete(key) : rows.set(key, before)))
      if (row === undefined) rows.delete(key)
      else rows.set(key, frozen(structuredClone(row)))
    }
    return {
      one(key, test = () => true) {
        const row = rows.get(key)
        return row !== undefined && test(row) ? [row] : []
      },
      all: (test = () => true) => [...rows.values()].filter(test).sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)),
      add(row) {
        if (rows.has(keyOf(row))) throw new TypeError(`the key ${keyOf(row)} is taken`)
        set(keyOf(row), row)
        return 1
      },
      change(changed, to) {
        for (const row of changed) set(keyOf(row), { ...row, ...to(row) })
        return changed.length
      },
      remove(removed) {
        for (const row of removed) set(keyOf(row), undefined)
        return removed.length
      },
    }
  }

  return {
    users: table((user) => user.id),
    credentials: table((credential) => credential.id),
    challenges: table((challenge) => challenge.id),
    sessions: table((session) => session.id),
    devices: table((device) => device.id),
    signingKeys: table((key) => key.kid),
    budgets: createBudgets(journal),
    messages: table((message) => message.id),
    events: table((event) => event.id),
    seals: table((seal) => seal.sequence),
    changes: table((change) => change.sequence),
    nextSequence: () => ++sequence,
    atomically(work) {
      undos = []
      let done = false
      try {
        const result = work(journal)
        done = result.ok
        return result
      } finally {
        if (!done) for (const undo of undos.toReversed()) undo()
      }
    },
  }
}

function frozen<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen)
  return value
}
