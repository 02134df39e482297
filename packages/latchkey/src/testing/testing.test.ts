import { describe, expect, it } from 'vitest'
import { isId } from '../platform/ids.ts'
import { sleep } from '../platform/timers.ts'
import { createFakeClock, testEpochAt } from './fake-clock.ts'
import { createSeededRandom } from './seeded-random.ts'
import { createTestCore } from './test-core.ts'

describe('the fake clock', () => {
  it('starts where its comment says', () => {
    expect(new Date(testEpochAt).toISOString()).toBe('2026-11-02T09:00:00.000Z')
  })

  it('runs timers in order, each at its own instant, with those that they start', async () => {
    const clock = createFakeClock(0)
    const seen: string[] = []
    clock.after(20, () => seen.push(`b ${clock.now()}`))
    clock.after(10, () => {
      seen.push(`a ${clock.now()}`)
      void sleep(clock, 5).then(() => seen.push(`c ${clock.now()}`))
    })
    const cancel = clock.after(12, () => seen.push('cancelled'))
    cancel()
    await clock.advance(30)
    expect(seen).toEqual(['a 10', 'c 15', 'b 20'])
    expect(clock.now()).toBe(30)
    expect(clock.waiting).toBe(0)
  })

  it('jumps back without running anything', () => {
    const clock = createFakeClock(1_000)
    clock.after(1, () => expect.unreachable())
    clock.set(500)
    expect(clock.now()).toBe(500)
  })
})

describe('seeded randomness', () => {
  it('repeats for a seed and differs between seeds', () => {
    const bytes = (seed: number): Uint8Array => createSeededRandom(seed).bytes(16)
    expect(bytes(1)).toEqual(bytes(1))
    expect(bytes(1)).not.toEqual(bytes(2))
  })

  it('is spread over its range', () => {
    const random = createSeededRandom(7)
    const counts = Array.from({ length: 10 }, () => 0)
    for (let draw = 0; draw < 10_000; draw++) {
      const drawn = random.integer(10)
      counts[drawn] = (counts[drawn] ?? 0) + 1
    }
    for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(150)
    expect(random.integer(2 ** 48)).toBeLessThan(2 ** 48)
  })
})

describe('the test core', () => {
  it('gives ids, sealed values and a store that answers', async () => {
    const core = createTestCore({ settings: { appName: 'Acme' } })
    expect(isId(core.ids.next())).toBe(true)
    expect(core.keys.open('here', core.keys.seal('here', 'value'))).toBe('value')
    expect(core.settings).toMatchObject({ appName: 'Acme', publicUrl: 'https://app.example.com', basePath: '/auth' })
    expect(await core.store.databaseNow()).toBe(core.clock.now())
  })
})
