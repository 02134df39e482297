import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { secondMs } from '../../platform/clock.ts'
import { createTestCore } from '../../testing/test-core.ts'
import { aTestUser } from '../../testing/test-session.ts'
import type { Change } from '../change.ts'
import { createFeedPosition } from './feed-position.ts'

const { id: userId } = await aTestUser(createTestCore())
const settleMs = 60 * secondMs

function change(sequence: number, at: number = sequence): Change {
  return { sequence, userId, sessionId: null, at }
}

function at(now: number): { readonly beganAt: number; readonly endedAt: number } {
  return { beganAt: now, endedAt: now }
}

function sequences(changes: readonly Change[] | undefined): readonly number[] | undefined {
  return changes?.map(({ sequence }) => sequence)
}

describe('the position in the feed', () => {
  it('begins at the beginning where nothing was before, and gives each change once', () => {
    const position = createFeedPosition(undefined, settleMs)
    expect(position.after).toBe(0)
    expect(sequences(position.take([], at(0)))).toEqual([])
    expect(sequences(position.take([change(1), change(2)], at(1)))).toEqual([1, 2])
    expect(position.after).toBe(1)
    expect(sequences(position.take([change(2), change(3)], at(2)))).toEqual([3])
    expect(sequences(position.take([change(3)], at(3)))).toEqual([])
  })

  it('reads a gap again until it is filled', () => {
    const position = createFeedPosition(change(10), settleMs)
    expect(sequences(position.take([change(10), change(12), change(14)], at(0)))).toEqual([12, 14])
    expect(position.after).toBe(9)
    const filled = [change(10), change(11), change(12), change(14)]
    expect(sequences(position.take(filled, at(10 * secondMs)))).toEqual([11])
    expect(position.after).toBe(11)
    expect(sequences(position.take([change(12), change(13), change(14)], at(59 * secondMs)))).toEqual([13])
    expect(position.after).toBe(13)
  })

  it('gives a gap up when a read that began long enough after the gap had been seen does not find it filled', () => {
    const position = createFeedPosition(change(1), settleMs)
    const gap = [change(1), change(3)]
    position.take(gap, { beganAt: 0, endedAt: 100 })
    // Began too early to know.
    position.take(gap, { beganAt: settleMs + 99, endedAt: settleMs + 5_000 })
    expect(position.after).toBe(0)
    expect(sequences(position.take([change(1), change(2), change(3)], at(settleMs + 100)))).toEqual([2])
    expect(position.after).toBe(2)
    const rolledBack = [change(3), change(5), change(6)]
    position.take(rolledBack, at(2 * settleMs))
    position.take(rolledBack, at(3 * settleMs))
    expect(position.after).toBe(5)
  })

  it('is lost when its floor is gone or is another change', () => {
    for (const rows of [[], [change(6)], [change(5, 999)], [{ ...change(5), userId: null as never }]]) {
      expect(createFeedPosition(change(5), settleMs).take(rows, at(0))).toBeUndefined()
    }
    expect(createFeedPosition(change(5), settleMs).take([change(5)], at(0))).toEqual([])
  })

  it('takes a sequence that was given to another change after a failover for news', () => {
    const position = createFeedPosition(change(1), settleMs)
    position.take([change(1), change(3)], at(0))
    expect(sequences(position.take([change(1), change(3, 999)], at(1)))).toEqual([3])
  })

  it('finds every change whose transaction ends in time, in whatever order they end and however they are read', () => {
    const writer = fc.record({ endsAfter: fc.nat({ max: settleMs - 1 }), isKilled: fc.boolean() })
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: 3_000 }), writer), { minLength: 1, maxLength: 60 }),
        fc.array(fc.integer({ min: 1, max: 90_000 }), { minLength: 1, maxLength: 60 }),
        (writers, pauses) => {
          let now = 0
          const rows = writers.map(([pause, { endsAfter, isKilled }], index) => {
            now += pause
            return { change: change(index + 1), visibleAt: isKilled ? Number.POSITIVE_INFINITY : now + endsAfter }
          })
          const position = createFeedPosition(undefined, settleMs)
          const found = new Set<number>()
          const read = (moment: number): void => {
            const visible = rows.filter(
              ({ change: row, visibleAt }) => visibleAt <= moment && row.sequence > position.after,
            )
            const news = position.take(
              visible.map((row) => row.change),
              at(moment),
            )
            for (const { sequence } of news ?? []) {
              expect(found.has(sequence)).toBe(false)
              found.add(sequence)
            }
            const due = rows.filter(({ visibleAt }) => visibleAt <= moment).map((row) => row.change.sequence)
            expect(due.filter((sequence) => !found.has(sequence))).toEqual([])
          }
          let moment = 0
          for (const pause of pauses) read((moment += pause))
          read(now + 2 * settleMs)
        },
      ),
      { numRuns: 500 },
    )
    expect(settleMs).toBeGreaterThan(0)
  })
})
