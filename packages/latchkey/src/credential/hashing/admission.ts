import type { Clock } from '../../platform/clock.ts'
import { LatchkeyError } from '../../platform/errors.ts'
import type { LoopDelay } from '../../platform/loop-delay.ts'
import type { HashingStats } from './password-hasher.ts'

/** Lets as much expensive work run at once as the machine bears, keeps a bounded queue behind it, and sheds the rest. */
export interface Admission {
  /** @throws LatchkeyError `hashing_overloaded` when the work is shed; then it was not started and never will be. */
  run<Result>(network: string, work: () => Promise<Result>): Promise<Result>
  readonly stats: () => HashingStats
}

export interface AdmissionOptions {
  readonly clock: Clock
  readonly loopDelay: LoopDelay
  /** How many run at once while the event loop keeps up. */
  readonly slots: number
  /** How many wait. Default 64 a slot: less than a second at 12 ms a hash. */
  readonly maxQueued?: number | undefined
  /** How many of one network wait. Default half of `maxQueued`. */
  readonly maxQueuedPerNetwork?: number | undefined
}

/** From here on the loop counts as late: session checks answer in tens of microseconds, so 5 ms are the hashes' doing. */
const calmBelowMs = 5
/** What a hash is taken to cost before one was measured, and the longest that one measurement may say (clocks jump). */
const assumedHashMs = 50
const longestHashMs = 10_000
const longestRetrySeconds = 60

/**
 * Round robin over the networks that wait, first come first served within one. When the queue is full, a newcomer takes the place of
 * the latest of the network that has most waiting, unless its own network is no better: however many networks flood, one that asks for
 * little is served.
 */
export function createAdmission(options: AdmissionOptions): Admission {
  const { clock, loopDelay, slots, maxQueued = 64 * slots } = options
  const { maxQueuedPerNetwork = Math.ceil(maxQueued / 2) } = options
  if (!(slots >= 1)) throw new LatchkeyError('config_invalid', 'At least one password must be hashed at once.')
  // Insertion order is the order of turns: who was served goes to the end.
  const waiting = new Map<string, Waiting[]>()
  let isMeasuring = false
  let running = 0
  let queued = 0
  let completed = 0
  let shed = 0
  let peakRunning = 0
  let meanHashMs = assumedHashMs

  const admitted = (): number => (loopDelay.delayMs() < calmBelowMs ? slots : Math.max(1, slots - 1))

  const overloaded = (): LatchkeyError => {
    shed++
    const seconds = Math.ceil((queued * meanHashMs) / admitted() / 1_000)
    const retryAfterSeconds = Math.min(longestRetrySeconds, Math.max(1, seconds))
    return new LatchkeyError('hashing_overloaded', undefined, { retryAfterSeconds })
  }

  const measure = (startedAt: number): void => {
    const tookMs = Math.min(longestHashMs, Math.max(0, clock.now() - startedAt))
    meanHashMs += (tookMs - meanHashMs) / 16
  }

  const start = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    running++
    if (!isMeasuring) loopDelay.start()
    isMeasuring = true
    peakRunning = Math.max(peakRunning, running)
    const startedAt = clock.now()
    try {
      return await work()
    } finally {
      measure(startedAt)
      completed++
      running--
      startNext()
      if (running === 0) {
        loopDelay.stop()
        isMeasuring = false
      }
    }
  }

  const startNext = (): void => {
    while (queued > 0 && running < admitted()) {
      const [network, line] = firstOf(waiting)
      const next = line.shift()
      waiting.delete(network)
      if (line.length > 0) waiting.set(network, line)
      queued--
      next?.start()
    }
  }

  const makeRoom = (newcomer: string): boolean => {
    const [network, line] = longestOf(waiting)
    if (line.length <= (waiting.get(newcomer)?.length ?? 0) + 1) return false
    const displaced = line.pop()
    if (line.length === 0) waiting.delete(network)
    queued--
    displaced?.shed(overloaded())
    return true
  }

  const enqueue = (network: string, entry: Waiting): void => {
    const line = waiting.get(network)
    if (line === undefined) waiting.set(network, [entry])
    else line.push(entry)
    queued++
  }

  return {
    async run(network, work) {
      if (queued === 0 && running < admitted()) return start(work)
      if ((waiting.get(network)?.length ?? 0) >= maxQueuedPerNetwork) throw overloaded()
      if (queued >= maxQueued && (queued === 0 || !makeRoom(network))) throw overloaded()
      return new Promise((resolve, reject) => {
        enqueue(network, { start: () => resolve(start(work)), shed: reject })
        startNext()
      })
    },
    stats: () => ({ running, queued, admitted: admitted(), completed, shed, peakRunning }),
  }
}

interface Waiting {
  start(): void
  shed(reason: LatchkeyError): void
}

function firstOf(waiting: ReadonlyMap<string, Waiting[]>): readonly [string, Waiting[]] {
  for (const entry of waiting) return entry
  throw new RangeError('the queue is empty')
}

function longestOf(waiting: ReadonlyMap<string, Waiting[]>): readonly [string, Waiting[]] {
  let longest = firstOf(waiting)
  for (const entry of waiting) if (entry[1].length > longest[1].length) longest = entry
  return longest
}
