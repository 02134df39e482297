import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LatchkeyError } from '../../platform/errors.ts'
import { createFakeClock, type FakeClock } from '../../testing/fake-clock.ts'
import { createAdmission, type Admission, type AdmissionOptions } from './admission.ts'

interface Bench {
  readonly admission: Admission
  readonly clock: FakeClock
  readonly delay: { ms: number; isMeasured: boolean }
  /** Labels of started work, in order. */
  readonly started: string[]
  readonly running: Map<string, PromiseWithResolvers<void>>
  ask(network: string, label?: string): Promise<void>
  /** Ends the oldest running work. */
  finish(): Promise<void>
}

function createBench(options: Partial<AdmissionOptions> = {}): Bench {
  const clock = createFakeClock()
  const delay = { ms: 0, isMeasured: false }
  const loopDelay = {
    start: () => void (delay.isMeasured = true),
    stop: () => void (delay.isMeasured = false),
    delayMs: () => delay.ms,
  }
  const admission = createAdmission({ clock, loopDelay, slots: 2, ...options })
  const started: string[] = []
  const running = new Map<string, PromiseWithResolvers<void>>()
  let asked = 0
  return {
    admission,
    clock,
    delay,
    started,
    running,
    ask(network, label = `${network}#${++asked}`) {
      return admission.run(network, () => {
        started.push(label)
        const work = Promise.withResolvers<void>()
        running.set(label, work)
        return work.promise
      })
    },
    async finish() {
      const [label, work] = running.entries().next().value ?? []
      if (label === undefined || work === undefined) return
      running.delete(label)
      work.resolve()
      await settled()
    },
  }
}

/** Lets every promise that can go on go on. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

async function refusal(promise: Promise<unknown>): Promise<LatchkeyError> {
  const reason: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(reason instanceof LatchkeyError)) throw new Error('was not refused')
  return reason
}

describe('slots', () => {
  it('runs as many as there are slots while the loop is calm, the others in order', async () => {
    const { ask, finish, started, admission } = createBench()
    const all = Promise.all([ask('a', '1'), ask('a', '2'), ask('a', '3'), ask('a', '4')])
    expect(started).toEqual(['1', '2'])
    expect(admission.stats()).toMatchObject({ running: 2, queued: 2, admitted: 2 })
    await finish()
    expect(started).toEqual(['1', '2', '3'])
    await finish()
    await finish()
    await finish()
    await all
    expect(admission.stats()).toMatchObject({ running: 0, queued: 0, completed: 4, peakRunning: 2 })
  })

  it('runs one fewer while the loop is 5 ms late, and as many as before when it is calm again', async () => {
    const { ask, finish, delay, started, admission } = createBench({ slots: 3 })
    const all = Promise.all(Array.from({ length: 12 }, () => ask('a')))
    expect(started).toHaveLength(3)
    delay.ms = 5
    expect(admission.stats().admitted).toBe(2)
    await finish()
    expect(admission.stats()).toMatchObject({ running: 2, queued: 9 })
    await finish()
    expect(admission.stats()).toMatchObject({ running: 2, queued: 8 })
    delay.ms = 4.9
    await finish()
    expect(admission.stats()).toMatchObject({ running: 3, queued: 6 })
    while (admission.stats().running > 0) await finish()
    await all
    expect(admission.stats().peakRunning).toBe(3)
  })

  it('always runs one', async () => {
    const { ask, delay, finish, admission } = createBench({ slots: 1 })
    delay.ms = 1_000
    const work = ask('a')
    expect(admission.stats()).toMatchObject({ running: 1, admitted: 1 })
    await finish()
    await work
  })

  it('gives the slot back when the work throws', async () => {
    const { admission } = createBench({ slots: 1 })
    const fail = (): Promise<never> => Promise.reject(new Error('broken'))
    await expect(admission.run('a', fail)).rejects.toThrow('broken')
    await expect(admission.run('a', () => Promise.resolve(7))).resolves.toBe(7)
    expect(admission.stats()).toMatchObject({ running: 0, completed: 2 })
  })

  it('measures the loop only while something runs, without a gap between one and the next', async () => {
    const { ask, finish, delay } = createBench({ slots: 1 })
    expect(delay.isMeasured).toBe(false)
    const both = Promise.all([ask('a'), ask('a')])
    expect(delay.isMeasured).toBe(true)
    await finish()
    expect(delay.isMeasured).toBe(true)
    await finish()
    expect(delay.isMeasured).toBe(false)
    await both
  })

  it('refuses to be made without a slot', () => {
    expect(() => createBench({ slots: 0 })).toThrow(/At least one/)
  })
})

describe('queue', () => {
  it('takes turns between networks', async () => {
    const { ask, finish, started, admission } = createBench({ slots: 1 })
    const all = Promise.all(['a1', 'a2', 'a3', 'a4', 'b1', 'c1', 'b2'].map((label) => ask(label.charAt(0), label)))
    while (admission.stats().running > 0) await finish()
    await all
    expect(started).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4'])
  })

  it('gives one network its share and no more', async () => {
    const { ask, finish, admission } = createBench({ slots: 1, maxQueued: 8 })
    const kept = Array.from({ length: 5 }, () => ask('flood'))
    expect((await refusal(ask('flood'))).code).toBe('hashing_overloaded')
    kept.push(ask('other'))
    expect(admission.stats()).toMatchObject({ queued: 5, shed: 1 })
    while (admission.stats().running > 0) await finish()
    await Promise.all(kept)
  })

  it('lets a newcomer take the place of the latest of the network that waits most', async () => {
    const { ask, finish, started, admission } = createBench({ slots: 1, maxQueued: 6 })
    const floods = ['x0', 'x1', 'x2', 'x3', 'y1', 'y2', 'y3'].map((label) => ask(label.charAt(0), label))
    const outcomes = Promise.allSettled(floods)
    const newcomers = Promise.all([ask('z', 'z1'), ask('w', 'w1')])
    expect(admission.stats()).toMatchObject({ queued: 6, shed: 2 })
    while (admission.stats().running > 0) await finish()
    await newcomers
    expect((await outcomes).map(({ status }) => status === 'fulfilled')).toEqual([
      true,
      true,
      true,
      false,
      true,
      true,
      false,
    ])
    expect(started).toEqual(['x0', 'x1', 'y1', 'z1', 'w1', 'x2', 'y2'])
  })

  it('is full for everybody when everybody waits once', async () => {
    const { ask, finish, admission } = createBench({ slots: 1, maxQueued: 3 })
    const all = Promise.all(['a', 'b', 'c', 'd'].map((network) => ask(network)))
    await refusal(ask('e'))
    await refusal(ask('b'))
    expect(admission.stats()).toMatchObject({ queued: 3, shed: 2 })
    while (admission.stats().running > 0) await finish()
    await all
  })

  it('can be none at all', async () => {
    const { ask, finish, admission } = createBench({ slots: 1, maxQueued: 0 })
    const only = ask('a')
    await refusal(ask('b'))
    await finish()
    await only
    expect(admission.stats()).toMatchObject({ completed: 1, shed: 1 })
  })

  it('says how long the queue will take: its length times what a hash took lately, over the slots', async () => {
    const { ask, finish, clock, admission } = createBench({ slots: 2, maxQueued: 40, maxQueuedPerNetwork: 40 })
    const hashOnce = async (): Promise<void> => {
      const work = ask('a')
      await clock.advance(400)
      await finish()
      await work
    }
    for (let round = 0; round < 100; round++) await hashOnce()
    const all = Array.from({ length: 42 }, () => ask('a'))
    // 40 waiting × 0.4 s / 2 slots.
    expect((await refusal(ask('a'))).retryAfterSeconds).toBe(8)
    while (admission.stats().running > 0) await finish()
    await Promise.all(all)
  })

  it('is not fooled by a clock that jumps', async () => {
    const { ask, finish, clock, admission } = createBench({ slots: 1, maxQueued: 1 })
    for (const jumpMs of [-86_400_000, 86_400_000]) {
      const work = ask('a')
      clock.set(clock.now() + jumpMs)
      await finish()
      await work
    }
    const kept = Promise.all([ask('a'), ask('a')])
    const { retryAfterSeconds } = await refusal(ask('a'))
    expect(retryAfterSeconds).toBeGreaterThanOrEqual(1)
    expect(retryAfterSeconds).toBeLessThanOrEqual(60)
    while (admission.stats().running > 0) await finish()
    await kept
  })
})

describe('for any sequence of arrivals, endings and lateness', () => {
  const network = fc.constantFrom('a', 'b', 'c', 'd')
  const step = fc.oneof(
    { weight: 6, arbitrary: network.map((from) => ({ kind: 'ask' as const, from })) },
    { weight: 3, arbitrary: fc.constant({ kind: 'finish' as const }) },
    { weight: 1, arbitrary: fc.constantFrom(0, 20).map((ms) => ({ kind: 'delay' as const, ms })) },
  )
  const settings = fc.record({
    slots: fc.integer({ min: 1, max: 4 }),
    maxQueued: fc.integer({ min: 0, max: 8 }),
    maxQueuedPerNetwork: fc.integer({ min: 1, max: 8 }),
  })

  it('keeps its bounds, starts or refuses everything once, and lets nobody overtake by asking more', async () => {
    await fc.assert(
      fc.asyncProperty(settings, fc.array(step, { maxLength: 60 }), async (limits, steps) => {
        const bench = createBench(limits)
        const { admission, started } = bench
        const { slots, maxQueued, maxQueuedPerNetwork } = limits
        const outcomes = new Map<string, 'done' | 'refused'>()
        const asked: { readonly label: string; readonly from: string; readonly startedBefore: number }[] = []

        for (const one of steps) {
          const startedBefore = started.length
          if (one.kind === 'ask') {
            const label = `${one.from}${asked.length}`
            asked.push({ label, from: one.from, startedBefore })
            bench.ask(one.from, label).then(
              () => outcomes.set(label, 'done'),
              () => outcomes.set(label, 'refused'),
            )
            await settled()
          } else if (one.kind === 'finish') await bench.finish()
          else bench.delay.ms = one.ms

          const stats = admission.stats()
          const limit = bench.delay.ms < 5 ? slots : Math.max(1, slots - 1)
          expect(started.length === startedBefore || stats.running <= limit).toBe(true)
          expect(stats.running).toBe(bench.running.size)
          expect(stats.queued).toBeLessThanOrEqual(maxQueued)
          const waiting = asked.filter(({ label }) => !started.includes(label) && !outcomes.has(label))
          expect(stats.queued).toBe(waiting.length)
          for (const from of 'abcd') {
            const ofOne = waiting.filter((entry) => entry.from === from).length
            expect(ofOne).toBeLessThanOrEqual(maxQueuedPerNetwork)
          }
          // Work waits only while every admitted slot is taken.
          expect(stats.queued === 0 || stats.running >= Math.max(1, slots - 1)).toBe(true)
        }
        while (admission.stats().running > 0) await bench.finish()
        await settled()

        expect(admission.stats()).toMatchObject({ running: 0, queued: 0 })
        expect(admission.stats().peakRunning).toBeLessThanOrEqual(slots)
        for (const { label } of asked) {
          const times = started.filter((name) => name === label).length
          expect([outcomes.get(label), times]).toEqual(times === 1 ? ['done', 1] : ['refused', 0])
        }
        // Fair: while one waits at the head of its network, every other network starts at most one.
        for (const { label, from, startedBefore } of asked) {
          const startedAs = started.indexOf(label)
          if (startedAs === -1) continue
          const previousOfSame = started.slice(0, startedAs).findLastIndex((name) => name.startsWith(from))
          const between = started.slice(Math.max(startedBefore, previousOfSame + 1), startedAs)
          for (const other of 'abcd') {
            expect(between.filter((name) => name.startsWith(other)).length).toBeLessThanOrEqual(1)
          }
        }
      }),
      { numRuns: 300 },
    )
  })
})
