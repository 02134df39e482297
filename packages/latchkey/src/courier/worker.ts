import type { Core } from '../core/core.ts'
import { toBase64Url } from '../platform/bytes.ts'
import { secondMs } from '../platform/clock.ts'
import { LatchkeyError } from '../platform/errors.ts'
import { silentLogger, type Logger } from '../platform/logger.ts'
import { nextRound, systemTimers, type Timers } from '../platform/timers.ts'
import type { CommitResult } from '../store/store.ts'
import type { Write } from '../store/writes.ts'
import { createDelivery, type DrainReport } from './delivery.ts'
import { leaseAtBirth, settle, type Lease } from './lease.ts'
import type { MailTransport } from './mail-transport.ts'
import type { Message } from './message.ts'
import type { MailTemplates } from './templates.ts'

export interface CourierOptions {
  readonly core: Pick<Core, 'store' | 'clock' | 'random' | 'keys' | 'settings'>
  readonly transport: MailTransport
  /** Replace built-in mails, one by one. */
  readonly templates?: Partial<MailTemplates>
  readonly timers?: Timers
  readonly logger?: Logger
  /** Mails on their way at once. Default 4: a mail server often allows 5 or 10 connections, and other nodes want some. */
  readonly concurrency?: number
  /**
   * Messages that are leased to this process while they are queued, together with those on their way and those that are not written down yet.
   * Default 32: a process that is killed leaves so many to the end of their lease. What is queued beyond it waits in the outbox, where any node finds it.
   */
  readonly mostInHand?: number
  /** How often the outbox is looked at without a nudge, for what other nodes queued and what waited. Default 1 s. */
  readonly pollMs?: number
  /** A transport that has not answered by then has failed. Default 30 s. */
  readonly sendTimeoutMs?: number
}

/** Takes mails out of the outbox. Any number of couriers, on any number of nodes, share one outbox. */
export interface Courier {
  /** Begins to look at the outbox by itself. */
  start(): void
  /** Looks at once: called after something was queued by others. Costs nothing when it is called often. */
  nudge(): void
  /**
   * The commit of the store, for whoever queues mails in the courier's own process: between `start` and `stop` what is queued is leased to
   * this courier in the same commit and leaves from memory, a query and a commit fewer than through the outbox.
   */
  commit(writes: readonly Write[], now: number): Promise<CommitResult>
  /** Tries everything that is due now, once; resolves when nothing is on its way any more. For tests and before a shutdown. */
  drain(): Promise<DrainReport>
  /** Takes nothing more, gives back what was not begun, waits for what is being sent, and closes the transport. */
  stop(): Promise<void>
}

const lookSize = 100

/** A message that found no place for so long is given back: another node may have one. */
const holdMs = 5 * secondMs

/**
 * At least once: a crash between the mail server's yes and our note of it sends the mail again, with the same `Message-ID`. Each message
 * is leased by a guarded write, so of many couriers one sends it; the lease outlives the send time-out, so that it cannot run out while
 * the mail is still on its way.
 *
 * @example
 * const courier = createCourier({ core, transport: createSmtpTransport({ … }) })
 * courier.start()
 */
export function createCourier(options: CourierOptions): Courier {
  const { core, transport, templates, timers = systemTimers, logger = silentLogger } = options
  const { concurrency = 4, mostInHand = 32, pollMs = secondMs, sendTimeoutMs = 30 * secondMs } = options
  const { store, clock, random } = core
  const leaseMs = 2 * sendTimeoutMs + 10 * secondMs
  const onTheWay = new Set<Promise<void>>()
  /** Leased at birth and not yet begun, oldest first. */
  const held: Lease[] = []
  const commits = new Set<Promise<unknown>>()
  const givenBack = new Set<Promise<void>>()
  /** Places and room that are spoken for while a commit is under way. */
  let leasing = 0
  let promised = 0
  let isStopped = false
  let again = false
  let taking: Promise<void> | undefined
  let cancelPoll: (() => void) | undefined
  /** Older messages may wait in the outbox; newer ones must not overtake them for ever. */
  let isBehind = true
  let isStoreFailing = false
  const isOver = (): boolean => isStopped
  const delivery = createDelivery({ core, transport, templates, timers, logger, sendTimeoutMs, isStopped: isOver })

  function wake(): void {
    if (isStopped) return
    again = true
    taking ??= takeUntilIdle()
  }

  async function takeUntilIdle(): Promise<void> {
    try {
      while (again && !isStopped) {
        again = false
        await takeDue()
      }
      if (isStoreFailing) logger.info({}, 'The outbox can be read again.')
      isStoreFailing = false
    } catch (error) {
      if (!isStoreFailing) logger.error({ error }, 'The outbox cannot be read; the courier goes on trying.')
      isStoreFailing = true
      isBehind = true
    } finally {
      taking = undefined
    }
  }

  /** Fills the free places. Whatever dies soonest goes first, so that after an outage codes overtake notices. */
  async function takeDue(): Promise<void> {
    while (!isStopped) {
      const due = await store.dueMessages(clock.now(), lookSize)
      isBehind = due.length === lookSize
      for (const message of due.toSorted((a, b) => a.notAfter - b.notAfter)) {
        if (isStopped || !hasPlace(held.length)) {
          isBehind = true
          break
        }
        await take(message)
      }
      // Otherwise the next place that becomes free, or the end of the pause, leads to the next look.
      if (!isBehind || !hasPlace(held.length) || delivery.isPaused(clock.now())) return
    }
  }

  /** While the mail server is away, one mail at a time finds out whether it is back. */
  function hasPlace(before: number = 0): boolean {
    return onTheWay.size + leasing + before < (delivery.isServerAway() ? 1 : concurrency)
  }

  async function take(message: Message): Promise<void> {
    const lease = leaseOf(message)
    const { token: leaseToken, until } = lease
    const write = { kind: 'leaseMessage', messageId: message.id, leaseToken, until } as const
    const now = clock.now()
    if (now >= message.notAfter) {
      const won = await store.commit([write, settle(lease, 'expired', now, message.lastError)], now)
      if (won.ok) delivery.totals.expired++
      return
    }
    if (delivery.isPaused(now)) {
      isBehind = true
      return
    }
    leasing++
    try {
      const won = await store.commit([write], now)
      if (won.ok) begin(lease)
    } finally {
      leasing--
    }
  }

  function leaseOf(message: Message): Lease {
    return { message, token: toBase64Url(random.bytes(16)), until: clock.now() + leaseMs }
  }

  function begin(lease: Lease): void {
    const work = delivery.deliver(lease).finally(() => {
      onTheWay.delete(work)
      sendHeld()
      if (isBehind) wake()
    })
    onTheWay.add(work)
  }

  async function commit(writes: readonly Write[], now: number): Promise<CommitResult> {
    if (isStopped || cancelPoll === undefined) return store.commit(writes, now)
    if (!writes.some(isForTheOutbox)) return store.commit(writes, now)
    const committed = commitInHand(writes, now)
    commits.add(committed)
    const forget = (): void => void commits.delete(committed)
    committed.then(forget, forget)
    return committed
  }

  /** Mails are written after the answer that they belong to is on its way: it waits for none, and its time tells nothing of theirs. */
  async function commitInHand(writes: readonly Write[], now: number): Promise<CommitResult> {
    const { writes: leased, leases } = leaseAtBirth(writes, { now: clock.now(), room: room(), leaseOf })
    promised += leases.length
    try {
      const result = await store.commit(leased, now)
      if (!result.ok) return result
      held.push(...leases)
      if (writes.some((write, index) => write === leased[index] && isForTheOutbox(write))) wake()
      return result
    } catch (error) {
      // If it was done after all, they are due at once instead of at the end of the lease.
      if (error instanceof LatchkeyError && error.code === 'outcome_unknown') giveBack(leases)
      throw error
    } finally {
      promised -= leases.length
      void nextRound().then(sendHeld)
    }
  }

  function room(): number {
    if (isBehind || delivery.isServerAway()) return 0
    return mostInHand - held.length - promised - onTheWay.size - leasing - delivery.settlements.count()
  }

  function sendHeld(): void {
    if (isStopped || delivery.isServerAway()) return giveBack(held.splice(0))
    const now = clock.now()
    while (held[0] !== undefined && now >= held[0].until - leaseMs + holdMs) giveBack(held.splice(0, 1))
    while (held[0] !== undefined && hasPlace()) {
      begin(held[0])
      held.shift()
    }
  }

  function giveBack(leases: readonly Lease[]): void {
    if (leases.length > 0) isBehind = true
    for (const lease of leases) {
      const work = delivery.giveBack(lease).finally(() => {
        givenBack.delete(work)
        if (givenBack.size === 0) wake()
      })
      givenBack.add(work)
    }
  }

  function poll(): void {
    cancelPoll = timers.after(pollMs, () => {
      sendHeld()
      wake()
      poll()
    })
  }

  async function becomeIdle(): Promise<void> {
    for (;;) {
      sendHeld()
      const isIdle = taking === undefined && onTheWay.size === 0 && givenBack.size === 0
      if (isIdle && delivery.settlements.count() === 0) return
      await Promise.all([taking, ...onTheWay, ...givenBack])
      await delivery.settlements.flush()
    }
  }

  return {
    start() {
      if (isStopped || cancelPoll !== undefined) return
      wake()
      poll()
    },
    nudge: wake,
    commit,
    async drain() {
      const { totals } = delivery
      const before = { ...totals }
      const startedAt = clock.now()
      delivery.endPause()
      for (let touched = -1; ;) {
        wake()
        await becomeIdle()
        const sum = Object.values(totals).reduce((a, b) => a + b, 0)
        const rest = isStopped || sum === touched ? [] : await store.dueMessages(startedAt, 1)
        if (rest.length === 0) break
        touched = sum
      }
      return {
        sent: totals.sent - before.sent,
        deferred: totals.deferred - before.deferred,
        expired: totals.expired - before.expired,
        failed: totals.failed - before.failed,
      }
    },
    async stop() {
      isStopped = true
      cancelPoll?.()
      // What is being committed was promised to this courier and is given back when it is there.
      await Promise.allSettled(commits)
      await becomeIdle()
      await transport.close?.()
    },
  }
}

function isForTheOutbox({ kind }: Write): boolean {
  return kind === 'enqueueMessage' || kind === 'retryMessage'
}
