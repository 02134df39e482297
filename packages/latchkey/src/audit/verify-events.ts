import type { Core } from '../core/core.ts'
import { nextRound } from '../platform/timers.ts'
import { equal } from '../secrets/equal.ts'
import type { Queries } from '../store/store.ts'
import { eventLabel, eventText } from './append-event.ts'
import type { AuditEvent, AuditSeal, EventId } from './audit-event.ts'
import { trimmedThrough } from './trim-events.ts'
import { isKeyKnown, maxEventsPerSeal, noSealMac, sealLabel, sealText, type SealAnchor } from './seal-chain.ts'

/** What does not fit, and where. */
export type AuditFinding =
  /** The row does not fit its own MAC: a field was changed, or the row was made by somebody without our secret. */
  | { readonly kind: 'event_changed'; readonly eventId: EventId; readonly sequence: number | null }
  /** Fewer rows than the seal counted; they lay between these ids. */
  | ({ readonly kind: 'events_removed'; readonly sequence: number; readonly missing: number } & Range)
  /** More rows than the seal counted. `eventIds` names them when they can be told from the sealed ones. */
  | ({
      readonly kind: 'events_inserted'
      readonly sequence: number
      readonly surplus: number
      readonly eventIds: readonly EventId[]
    } & Range)
  /** Count and rows look right, the seal does not fit them: the seal was changed, or rows were exchanged for others. */
  | ({ readonly kind: 'seal_broken'; readonly sequence: number } & Range)
  | { readonly kind: 'seals_missing'; readonly fromSequence: number; readonly toSequence: number }
  /** The log ends before the anchor, or has another seal in its place. */
  | { readonly kind: 'tail_cut'; readonly sequence: number }
  /** Made under a secret that is not in the ring any more; nothing can be said about it. */
  | { readonly kind: 'key_unknown'; readonly sequence: number | null; readonly eventId: EventId | null }

interface Range {
  readonly firstId: EventId
  readonly lastId: EventId
}

export interface VerifyProgress {
  readonly seals: number
  readonly ofSeals: number
  readonly events: number
}

export interface VerifyReport {
  readonly ok: boolean
  readonly seals: number
  readonly events: number
  /** Events that are too young for a seal; each was checked by itself. */
  readonly unsealedEvents: number
  /** Seals whose events were removed when their retention had ended. */
  readonly trimmedSeals: number
  /** The first hundred. */
  readonly findings: readonly AuditFinding[]
  /** All of them, counted. */
  readonly findingCount: number
}

export interface VerifyOptions {
  /** A seal that was exported before. */
  readonly anchor?: SealAnchor
  readonly progress?: (progress: VerifyProgress) => void
}

/**
 * Walks the whole log beside its seals. Needs memory for one range, whatever the length of the log. Rows that are written meanwhile are
 * younger than every seal that is looked at.
 *
 * @throws LatchkeyError the faults of the store
 */
export async function verifyEvents(
  { store, keys }: Pick<Core, 'store' | 'keys'>,
  { anchor, progress = () => undefined }: VerifyOptions = {},
): Promise<VerifyReport> {
  const findings: AuditFinding[] = []
  let findingCount = 0
  const report = (finding: AuditFinding): void => {
    if (findings.length < 100) findings.push(finding)
    findingCount++
  }
  const ofSeals = (await store.lastSeal())?.sequence ?? 0
  const trimmed = await trimmedThrough({ store, keys })
  const rows = createReader(eventsOf(store))
  const chain = createReader(sealsOf(store, ofSeals))
  let events = 0
  let seals = 0
  let trimmedSeals = 0
  let previousMacs: readonly string[] = [noSealMac]
  let expectedSequence = 1
  let isAnchored = anchor === undefined

  const checkRow = (event: AuditEvent, sequence: number | null): boolean => {
    events++
    if (keys.macMatches(eventLabel, eventText(event), event.mac)) return true
    if (isKeyKnown(keys, event.mac)) report({ kind: 'event_changed', eventId: event.id, sequence })
    else report({ kind: 'key_unknown', eventId: event.id, sequence })
    return false
  }

  for (let seal = await chain.next(); seal !== undefined; seal = await chain.next()) {
    const { sequence, firstId, lastId, count } = seal
    if (sequence > expectedSequence) {
      report({ kind: 'seals_missing', fromSequence: expectedSequence, toSequence: sequence - 1 })
    }
    const isChained = sequence === expectedSequence
    // A seal whose end was moved must not swallow the ranges behind it.
    const following = await chain.peek()
    const end = following !== undefined && following.lastId < lastId ? following.lastId : lastId
    if (!isChained) {
      // Rows of the missing seals: nothing counts them any more, each can only speak for itself.
      for (let event = await rows.peek(); event !== undefined && event.id < firstId; event = await rows.peek()) {
        await rows.next()
        checkRow(event, null)
      }
    }
    const found: FoundRow[] = []
    let foundCount = 0
    for (let event = await rows.peek(); event !== undefined && event.id <= end; event = await rows.peek()) {
      await rows.next()
      const isGenuine = checkRow(event, sequence)
      foundCount++
      // Nobody can make this use up the memory: beyond twice a range only the count matters.
      if (found.length <= 2 * maxEventsPerSeal) found.push({ id: event.id, mac: event.mac, isGenuine })
    }

    const fits = (macs: readonly string[]): boolean =>
      previousMacs.some((previous) => keys.macMatches(sealLabel, sealText(seal, previous, macs), seal.mac))
    const macs = found.map(({ mac }) => mac)
    const range = { firstId, lastId }
    if (sequence <= trimmed) {
      trimmedSeals++
    } else if (!isKeyKnown(keys, seal.mac)) {
      report({ kind: 'key_unknown', eventId: null, sequence })
    } else if (foundCount < count) {
      report({ kind: 'events_removed', sequence, missing: count - foundCount, ...range })
    } else if (foundCount > count) {
      const eventIds = strangersAmong(found, count, fits)
      report({ kind: 'events_inserted', sequence, surplus: foundCount - count, eventIds, ...range })
    } else if (isChained && !fits(macs) && found.every(({ isGenuine }) => isGenuine)) {
      // With rows that do not fit their own MACs the finding above says more.
      report({ kind: 'seal_broken', sequence, ...range })
    }
    // The next seal may stand on this one as it is, or on what it ought to be; so one broken seal does not accuse all behind it.
    previousMacs = [
      seal.mac,
      ...previousMacs.map((previous) => keys.mac(sealLabel, sealText(seal, previous, macs))),
    ].slice(0, 2)
    if (anchor?.sequence === sequence) isAnchored = equal(anchor.mac, seal.mac) && anchor.lastId === lastId
    expectedSequence = sequence + 1
    seals++
    progress({ seals, ofSeals, events })
  }

  let unsealedEvents = 0
  for (let event = await rows.next(); event !== undefined; event = await rows.next()) {
    checkRow(event, null)
    unsealedEvents++
    if (unsealedEvents % maxEventsPerSeal === 0) progress({ seals, ofSeals, events })
  }
  if (anchor !== undefined && !isAnchored) report({ kind: 'tail_cut', sequence: anchor.sequence })
  return { ok: findingCount === 0, seals, events, unsealedEvents, trimmedSeals, findings, findingCount }
}

interface FoundRow {
  readonly id: EventId
  readonly mac: string
  readonly isGenuine: boolean
}

/** The rows without which the seal fits: those that do not fit themselves, or a single one that was put in. Else nobody can tell. */
function strangersAmong(
  found: readonly FoundRow[],
  count: number,
  fits: (macs: readonly string[]) => boolean,
): readonly EventId[] {
  const genuine = found.filter(({ isGenuine }) => isGenuine)
  if (genuine.length === count && fits(genuine.map(({ mac }) => mac))) {
    return found.filter(({ isGenuine }) => !isGenuine).map(({ id }) => id)
  }
  if (found.length !== count + 1) return []
  const stranger = found.find((_row, index) => fits(found.toSpliced(index, 1).map(({ mac }) => mac)))
  return stranger === undefined ? [] : [stranger.id]
}

async function* eventsOf(store: Pick<Queries, 'listEventRange'>): AsyncGenerator<AuditEvent, undefined> {
  let after: EventId | null = null
  for (;;) {
    const page: readonly AuditEvent[] = await store.listEventRange({ after, through: null, limit: 500 })
    yield* page
    const last = page.at(-1)
    if (last === undefined) return undefined
    after = last.id
    // An embedded database answers without a pause: without this one nobody else would be served until the walk is over.
    await nextRound()
  }
}

/** Seals up to `through`; younger ones close ranges whose rows may not have been there when the walk came by. */
async function* sealsOf(store: Pick<Queries, 'listSeals'>, through: number): AsyncGenerator<AuditSeal, undefined> {
  let after = 0
  for (;;) {
    const page: readonly AuditSeal[] = await store.listSeals({ after, limit: 100 })
    for (const seal of page) if (seal.sequence <= through) yield seal
    const last = page.at(-1)
    if (last === undefined || last.sequence >= through) return undefined
    after = last.sequence
  }
}

interface Reader<Item> {
  next(): Promise<Item | undefined>
  peek(): Promise<Item | undefined>
}

function createReader<Item>(items: AsyncGenerator<Item, undefined>): Reader<Item> {
  let ahead: Promise<Item | undefined> | undefined
  const read = async (): Promise<Item | undefined> => (await items.next()).value
  return {
    next() {
      const item = ahead ?? read()
      ahead = undefined
      return item
    },
    peek() {
      ahead ??= read()
      return ahead
    },
  }
}
