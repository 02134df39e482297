import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSeededRandom } from '../testing/seeded-random.ts'
import { createIds, firstIdAt, instantOfId, isId, type Ids } from './ids.ts'
import { systemRandom } from './random.ts'

function idsAt(times: readonly number[]): Ids {
  let call = 0
  return createIds({ now: () => times[Math.min(call++, times.length - 1)] ?? 0 }, createSeededRandom(5))
}

function isAscending(ids: readonly string[]): boolean {
  return ids.every((id, index) => index === 0 || (ids[index - 1] ?? '') < id)
}

describe('ids', () => {
  it('are UUIDs of version 7 that carry their instant', () => {
    const at = 1_793_610_000_123
    const id = idsAt([at]).next()
    expect(isId(id)).toBe(true)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(instantOfId(id)).toBe(at)
  })

  it('of one process sort as they were made, whatever the clock does', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 2 ** 42 }), { minLength: 2, maxLength: 200 }), (times) => {
        const ids = idsAt(times)
        expect(isAscending(times.map(() => ids.next()))).toBe(true)
      }),
    )
  })

  it('stay unique and ordered when a thousand times a thousand fall into one millisecond', () => {
    const ids = idsAt([1_793_610_000_000])
    let last = ''
    let isOrdered = true
    for (let count = 0; count < 100_000; count++) {
      const id = ids.next()
      if (id <= last || !isId(id)) isOrdered = false
      last = id
    }
    expect(isOrdered).toBe(true)
    // 4,096 ids fit behind a millisecond; the rest borrow from the milliseconds to come.
    expect(instantOfId(last) - 1_793_610_000_000).toBeLessThan(40)
  })

  it('of two processes in one millisecond do not meet', () => {
    const made = Array.from({ length: 1_000 }, () => createIds({ now: () => 1_793_610_000_000 }, systemRandom).next())
    expect(new Set(made).size).toBe(1_000)
  })

  it('have 62 random bits behind the counter', () => {
    const ids = createIds({ now: () => 1_793_610_000_000 }, systemRandom)
    const tails = Array.from({ length: 1_000 }, () => ids.next().slice(19))
    expect(new Set(tails).size).toBe(1_000)
  })

  it('begin at the smallest of their instant', () => {
    const at = 1_793_610_000_000
    const ids = idsAt([at - 1, at, at + 1])
    const [before, within, after] = [ids.next(), ids.next(), ids.next()]
    expect(before < firstIdAt(at)).toBe(true)
    expect(within >= firstIdAt(at)).toBe(true)
    expect(after >= firstIdAt(at + 1)).toBe(true)
    expect(isId(firstIdAt(at))).toBe(true)
  })

  it('are spelled in one way', () => {
    const id = idsAt([1]).next()
    const wrong = ['', id.toUpperCase(), `{${id}}`, ` ${id}`, `${id}\n`, id.replaceAll('-', ''), id.replace('-7', '-4')]
    expect(wrong.map(isId)).toEqual(wrong.map(() => false))
  })
})
