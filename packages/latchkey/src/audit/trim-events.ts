import { noContext } from '../core/request-context.ts'
import type { Core } from '../core/core.ts'
import { hourMs } from '../platform/clock.ts'
import { instantOfId } from '../platform/ids.ts'
import { appendEvent, eventLabel, eventText } from './append-event.ts'
import type { AuditSeal } from './audit-event.ts'

/**
 * Clears the way for removing events that began before `before`: finds the last seal whose whole range is older and writes down, as an
 * event, that the ranges up to it may be missing from now on. Only then are they removed, so the verification knows every hole that
 * it finds, and a hole without the event is an alarm. Events outside of seals stay.
 *
 * @returns the instant before which events may be removed; `undefined` when there is nothing to remove
 */
export async function prepareTrim(
  core: Pick<Core, 'store' | 'keys' | 'ids' | 'clock' | 'random'>,
  before: number,
): Promise<number | undefined> {
  const { store, clock } = core
  const oldest = (await store.listEventRange({ after: null, through: null, limit: 1 }))[0]
  if (oldest === undefined || oldest.at >= before) return undefined
  const already = await trimmedThrough(core)
  const seal = await lastSealBefore(core, already, before)
  if (seal === undefined) return undefined
  if (seal.sequence > already) {
    const note = appendEvent(core, noContext, {
      kind: 'audit.trimmed',
      actorId: 'system',
      data: { throughSequence: seal.sequence, throughId: seal.lastId },
    })
    await store.commit([note], clock.now())
  }
  // Rows are removed by their time, ranges end by id. A clock that was set back by less than an hour cannot make a row behind the range
  // look older than its end.
  return instantOfId(seal.lastId) - hourMs
}

/** Up to which seal events were removed on purpose: the last note that is genuine. 0 when there is none. */
export async function trimmedThrough({ store, keys }: Pick<Core, 'store' | 'keys'>): Promise<number> {
  let cursor: string | undefined
  for (;;) {
    const page = await store.listEvents({
      kind: 'audit.trimmed',
      // The newest will do unless it is forged, and the log is read back to as many as are asked for.
      limit: 1,
      ...(cursor === undefined ? {} : { cursor }),
    })
    for (const event of page.items) {
      if (!keys.macMatches(eventLabel, eventText(event), event.mac)) continue
      const data: unknown = JSON.parse(event.data)
      if (
        typeof data === 'object' &&
        data !== null &&
        'throughSequence' in data &&
        typeof data.throughSequence === 'number'
      ) {
        return data.throughSequence
      }
    }
    if (page.nextCursor === null) return 0
    cursor = page.nextCursor
  }
}

/** Walks the seals once, from where the last note ended: with yearly retention that is a day's worth each time. */
async function lastSealBefore(
  { store }: Pick<Core, 'store'>,
  already: number,
  before: number,
): Promise<AuditSeal | undefined> {
  let found: AuditSeal | undefined
  // The seal of the last note itself is looked at again, for what of its range is still there.
  let after = Math.max(0, already - 1)
  for (;;) {
    const page = await store.listSeals({ after, limit: 100 })
    for (const seal of page) {
      if (instantOfId(seal.lastId) >= before) return found
      found = seal
    }
    const last = page.at(-1)
    if (last === undefined) return found
    after = last.sequence
  }
}
