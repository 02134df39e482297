import type { Core } from '../core/core.ts'
import { toBase64Url } from '../platform/bytes.ts'
import { secondMs } from '../platform/clock.ts'
import { silentLogger, type Logger } from '../platform/logger.ts'
import { withJitter } from '../platform/periodic-job.ts'
import { sleep, systemTimers, type Timers } from '../platform/timers.ts'
import type { Write } from '../store/writes.ts'
import { backoffMs, outagePauseMs } from './backoff.ts'
import { toMailError, MailError } from './mail-error.ts'
import type { Mail, MailTransport } from './mail-transport.ts'
import type { Message, MessageStatus } from './message.ts'
import { composeMail } from './compose-mail.ts'
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
  /** How often the outbox is looked at without a nudge, for what other nodes queued and what waited. Default 1 s. */
  readonly pollMs?: number
  /** A transport that has not answered by then has failed. Default 30 s. */
  readonly sendTimeoutMs?: number
}

/** Takes mails out of the outbox. Any number of couriers, on any number of nodes, share one outbox. */
export interface Courier {
  /** Begins to look at the outbox by itself. */
  start(): void
  /** Looks at once: called after a commit that queued something. Costs nothing when it is called often. */
  nudge(): void
  /** Tries everything that is due now, once; resolves when nothing is on its way any more. For tests and before a shutdown. */
  drain(): Promise<DrainReport>
  /** Takes nothing more, waits for what is being sent, and closes the transport. */
  stop(): Promise<void>
}

/** What became of the messages that one `drain` touched. `deferred` ones are tried again later. */
export interface DrainReport {
  readonly sent: number
  readonly deferred: number
  readonly expired: number
  readonly failed: number
}

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
  const { core, transport, timers = systemTimers, logger = silentLogger } = options
  const { concurrency = 4, pollMs = secondMs, sendTimeoutMs = 30 * secondMs } = options
  const { store, clock, random } = core
  const leaseMs = 2 * sendTimeoutMs + 10 * secondMs
  const onTheWay = new Set<Promise<void>>()
  const totals: Record<keyof DrainReport, number> = { sent: 0, deferred: 0, expired: 0, failed: 0 }
  let isStopped = false
  let again = false
  let taking: Promise<void> | undefined
  let cancelPoll: (() => void) | undefined
  let outages = 0
  let pausedUntil = 0
  let isStoreFailing = false

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
    } finally {
      taking = undefined
    }
  }

  /** Fills the free places. Whatever dies soonest goes first, so that after an outage codes overtake notices. */
  async function takeDue(): Promise<void> {
    while (!isStopped) {
      const now = clock.now()
      const due = await store.dueMessages(now, 100)
      let taken = 0
      for (const message of due.toSorted((a, b) => a.notAfter - b.notAfter)) {
        if (isStopped || onTheWay.size >= places()) break
        if (await take(message)) taken++
      }
      if (taken === 0) return
    }
  }

  /** While the mail server is away, one mail at a time finds out whether it is back. */
  function places(): number {
    return outages > 0 ? 1 : concurrency
  }

  async function take(message: Message): Promise<boolean> {
    const now = clock.now()
    const leaseToken = toBase64Url(random.bytes(16))
    const lease = { kind: 'leaseMessage', messageId: message.id, leaseToken, until: now + leaseMs } as const
    if (now >= message.notAfter) {
      const won = await store.commit([lease, settle(message, leaseToken, 'expired', now, message.lastError)], now)
      if (won.ok) totals.expired++
      return won.ok
    }
    if (now < pausedUntil) return false
    const won = await store.commit([lease], now)
    if (!won.ok) return false
    const work = deliver(message, leaseToken, now + leaseMs).finally(() => {
      onTheWay.delete(work)
      wake()
    })
    onTheWay.add(work)
    return true
  }

  async function deliver(message: Message, leaseToken: string, leasedUntil: number): Promise<void> {
    const attempt = message.attempts + 1
    const about = { messageId: message.id, template: message.template, attempt }
    try {
      await sendInTime(compose(message))
      if (outages > 0) logger.info(about, 'The mail server accepts mail again.')
      outages = 0
      pausedUntil = 0
      await record(message, leaseToken, leasedUntil, 'sent', clock.now(), null)
    } catch (thrown) {
      const error = toMailError(thrown)
      const now = clock.now()
      if (error.kind === 'refused') {
        logger.warn({ ...about, answer: error.answer }, 'A mail was refused for good.')
        await record(message, leaseToken, leasedUntil, 'failed', now, error.answer)
        return
      }
      if (error.kind === 'unavailable') {
        if (outages === 0)
          logger.warn({ ...about, answer: error.answer }, 'The mail server takes no mail; messages wait in the outbox.')
        // Several mails may run into the same outage.
        if (now >= pausedUntil) pausedUntil = now + withJitter(random, outagePauseMs(++outages), 0.2)
      } else {
        logger.warn({ ...about, answer: error.answer }, 'A mail was not accepted; it is tried again.')
      }
      // An outage is nobody's fault: its own pause spaces the attempts, and a message must not sleep long after the server is back.
      const next = error.kind === 'unavailable' ? pausedUntil : now + withJitter(random, backoffMs(attempt), 0.2)
      await record(message, leaseToken, leasedUntil, 'queued', Math.min(next, message.notAfter), error.answer)
    }
  }

  function compose(message: Message): Mail {
    try {
      return composeMail(core, message, options.templates)
    } catch (thrown) {
      // What a transport threw may quote the mail and is not logged; what composing threw is a mistake in code or configuration.
      const { template, id } = message
      logger.error({ messageId: id, template, error: thrown }, 'A mail could not be written.')
      throw thrown
    }
  }

  async function sendInTime(mail: Mail): Promise<void> {
    let cancel: (() => void) | undefined
    const tooLate = new Promise<never>((_resolve, reject) => {
      cancel = timers.after(sendTimeoutMs, () => reject(new MailError('deferred', 'no answer in time')))
    })
    try {
      await Promise.race([transport.send(mail), tooLate])
    } finally {
      cancel?.()
    }
  }

  /** A result that is not written down means a second mail, so a database that is away for a moment is asked again while the lease lives. */
  async function record(
    message: Message,
    leaseToken: string,
    leasedUntil: number,
    status: MessageStatus,
    nextAttemptAt: number,
    error: string | null,
  ): Promise<void> {
    for (let waitMs = 200; ; waitMs *= 2) {
      try {
        const write = settle(message, leaseToken, status, nextAttemptAt, error)
        const settled = await store.commit([write], clock.now())
        if (settled.ok) totals[status === 'queued' ? 'deferred' : status]++
        else logger.warn({ messageId: message.id, status }, 'A lease ran out before its mail was settled.')
        return
      } catch (fault) {
        if (isStopped || clock.now() + waitMs >= leasedUntil) {
          logger.error(
            { messageId: message.id, status, error: fault },
            'What became of a mail could not be written down.',
          )
          return
        }
        await sleep(timers, waitMs)
      }
    }
  }

  function poll(): void {
    cancelPoll = timers.after(pollMs, () => {
      wake()
      poll()
    })
  }

  async function becomeIdle(): Promise<void> {
    while (taking !== undefined || onTheWay.size > 0) await Promise.all([taking, ...onTheWay])
  }

  return {
    start() {
      if (isStopped || cancelPoll !== undefined) return
      wake()
      poll()
    },
    nudge: wake,
    async drain() {
      const before = { ...totals }
      const startedAt = clock.now()
      pausedUntil = 0
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
      await becomeIdle()
      await transport.close?.()
    },
  }
}

function settle(
  message: Message,
  leaseToken: string,
  status: MessageStatus,
  nextAttemptAt: number,
  error: string | null,
): Write {
  return { kind: 'settleMessage', messageId: message.id, leaseToken, status, nextAttemptAt, error }
}
