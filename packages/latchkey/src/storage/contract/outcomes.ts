import { deepEqual, equal, ok } from 'node:assert/strict'
import type { AuditEvent } from '../../audit/audit-event.ts'
import type { Challenge } from '../../challenge/challenge.ts'
import type { ChargeResult, CommitResult, LostCharge, Store } from '../../store/store.ts'
import { lostReasons, type LostReason } from '../../store/lost-reasons.ts'
import type { Write } from '../../store/writes.ts'
import type { Message } from '../../courier/message.ts'
import type { User } from '../../user/user.ts'
import type { Charge } from '../../throttle/budget.ts'
import { aMessage, anEvent, aUser, noon } from './fixtures.ts'

/** Commits what has to succeed; returns how many rows each write touched. A guarded write touches one. */
export async function commit(store: Store, writes: readonly Write[], now: number = noon): Promise<readonly number[]> {
  const result = await store.commit(writes, now)
  if (!result.ok) throw new TypeError(`${writes[result.lost.index]?.kind} lost as ${result.lost.reason}`)
  equal(result.changed.length, writes.length, 'one count for each write')
  for (const [index, { kind }] of writes.entries()) {
    if (lostReasons[kind] !== null) equal(result.changed[index], 1, `${kind} is guarded, so it counts as 1`)
  }
  return result.changed
}

/**
 * Commits one write that has to lose, behind an event: the loss has the write's reason and its place in the caller's list, and the
 * event must not be there afterwards.
 */
export async function loses(
  store: Store,
  write: Write,
  now: number = noon,
  reason: LostReason | null = lostReasons[write.kind],
): Promise<void> {
  const event = anEvent()
  const result = await store.commit([{ kind: 'appendEvent', event }, write], now)
  deepEqual(result, { ok: false, lost: { index: 1, reason } }, `${write.kind} should have lost as ${reason}`)
  equal(await store.hasEvent(event.id), false, 'nothing of a lost commit stays')
}

export async function charge(store: Store, charges: readonly Charge[], now: number = noon): Promise<Challenge | null> {
  const result = await store.charge(charges, now)
  if (!result.ok) throw new TypeError(`charge ${result.lost.index} was refused: ${result.lost.reason}`)
  return result.challenge
}

export async function refuses(
  store: Store,
  charges: readonly Charge[],
  now: number,
  expected: { readonly index?: number; readonly reason?: LostCharge; readonly retryAfterSeconds: number },
): Promise<void> {
  const { index = 0, reason = 'over_limit', retryAfterSeconds } = expected
  deepEqual(await store.charge(charges, now), { ok: false, lost: { index, reason }, retryAfterSeconds })
}

/** Calls `run` so often at once, each with its number, and waits for all of them; a fault of one is a fault of the case. */
export async function atOnce<Result>(
  callers: number,
  run: (caller: number) => Promise<Result>,
): Promise<readonly Result[]> {
  const settled = await Promise.allSettled(Array.from({ length: callers }, (_, caller) => run(caller)))
  return settled.map((result) => {
    if (result.status === 'rejected') throw result.reason
    return result.value
  })
}

export const callers = 50

/** `stores` are connections to one database; callers take turns on them. */
export function storeOf<Connection>(stores: readonly [Connection, ...Connection[]], caller: number): Connection {
  return stores[caller % stores.length] ?? stores[0]
}

/**
 * Fifty callers make one guarded write at once, each with an event. Exactly one wins, the others lose with the write's reason, and only
 * the winner's event is there. Returns the winner's number.
 */
export async function oneWins(
  stores: readonly [Store, ...Store[]],
  write: (caller: number) => Write,
  now: number = noon,
  reason?: LostReason,
): Promise<number> {
  const events = Array.from({ length: callers }, () => anEvent())
  const results = await atOnce(callers, (caller) => {
    const event = events[caller] ?? anEvent()
    return storeOf(stores, caller).commit([{ kind: 'appendEvent', event }, write(caller)], now)
  })
  const { kind } = write(0)
  equal(results.filter((result) => result.ok).length, 1, `of ${callers} callers of ${kind} exactly one wins`)
  const lost: CommitResult = { ok: false, lost: { index: 1, reason: reason ?? lostReasons[kind] ?? 'not_applicable' } }
  for (const [caller, result] of results.entries()) {
    if (!result.ok) deepEqual(result, lost)
    const event = events[caller]
    if (event !== undefined) equal(await stores[0].hasEvent(event.id), result.ok, 'only the winner leaves an event')
  }
  return results.findIndex((result) => result.ok)
}

/** How many of the results are wins; every loss has to be for `reason`. */
export function wins(results: readonly ChargeResult[], reason: LostCharge): number {
  for (const result of results) ok(result.ok || result.lost.reason === reason, `refused as ${reason} or not at all`)
  return results.filter((result) => result.ok).length
}

export interface ThreeRows {
  readonly user: User
  readonly message: Message
  readonly event: AuditEvent
}

/** A commit of three rows that has no guard to lose. */
export function threeRows(): ThreeRows & { readonly writes: readonly Write[] } {
  const [user, message, event] = [aUser(), aMessage(), anEvent()]
  const writes: readonly Write[] = [
    { kind: 'createUser', user },
    { kind: 'enqueueMessage', message },
    { kind: 'appendEvent', event },
  ]
  return { user, message, event, writes }
}

/**
 * Whether the three rows are there; fails when only some of them are. A commit whose caller died may still be on its way, so it looks
 * again before it calls it half done.
 */
export async function areThere(storage: Store, { user, message, event }: ThreeRows): Promise<boolean> {
  let seen: readonly boolean[] = []
  for (let looked = 0; looked < 100; looked++) {
    const rows = [await storage.findUser(user.id), await storage.findMessage(message.id)]
    seen = [await storage.hasEvent(event.id), ...rows.map((row) => row !== undefined)]
    if (seen.every((isThere) => isThere === seen[0])) return seen[0] ?? false
  }
  throw new TypeError(`half a commit: event, user and message are there: ${seen.join(', ')}`)
}
