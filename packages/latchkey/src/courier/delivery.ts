import type { Core } from '../core/core.ts'
import type { Logger } from '../platform/logger.ts'
import { withJitter } from '../platform/periodic-job.ts'
import type { Timers } from '../platform/timers.ts'
import { backoffMs, outagePauseMs } from './backoff.ts'
import { composeMail } from './compose-mail.ts'
import { settle, type Lease } from './lease.ts'
import { MailError, toMailError } from './mail-error.ts'
import type { Mail, MailTransport } from './mail-transport.ts'
import type { Message } from './message.ts'
import { createSettlements, type Outcome, type Settlements } from './settlements.ts'
import type { MailTemplates } from './templates.ts'

export interface DeliveryPorts {
  readonly core: Pick<Core, 'store' | 'clock' | 'random' | 'keys' | 'settings'>
  readonly transport: MailTransport
  readonly templates: Partial<MailTemplates> | undefined
  readonly timers: Timers
  readonly logger: Logger
  readonly sendTimeoutMs: number
  readonly isStopped: () => boolean
}

/** What became of the messages that one `drain` touched. `deferred` ones are tried again later. */
export interface DrainReport {
  readonly sent: number
  readonly deferred: number
  readonly expired: number
  readonly failed: number
}

export interface Delivery {
  /** Sends a leased message; what became of it is written down soon after. Never rejects. */
  deliver(lease: Lease): Promise<void>
  /** Makes it due for everybody, untried. Never rejects: a lease that cannot be given back ends by itself. */
  giveBack(lease: Lease): Promise<void>
  /** The mail server took nothing the last time. */
  isServerAway(): boolean
  /** It is not to be asked again yet. */
  isPaused(now: number): boolean
  endPause(): void
  readonly settlements: Pick<Settlements, 'flush' | 'count'>
  /** Since the start. */
  readonly totals: Record<keyof DrainReport, number>
}

export function createDelivery(ports: DeliveryPorts): Delivery {
  const { core, transport, templates, timers, logger, sendTimeoutMs, isStopped } = ports
  const { store, clock, random } = core
  const totals: Record<keyof DrainReport, number> = { sent: 0, deferred: 0, expired: 0, failed: 0 }
  const onSettled = ({ status }: Outcome): void => void totals[status === 'queued' ? 'deferred' : status]++
  const settlements = createSettlements({ core, timers, logger, isStopped, onSettled })
  let outages = 0
  let pausedUntil = 0

  async function deliver(lease: Lease): Promise<void> {
    const { message } = lease
    const attempt = message.attempts + 1
    const about = { messageId: message.id, template: message.template, attempt }
    const settled = (status: Outcome['status'], nextAttemptAt: number, error: string | null): void =>
      settlements.add({ lease, status, nextAttemptAt, error })
    if (clock.now() >= message.notAfter) return settled('expired', clock.now(), message.lastError)
    try {
      await sendInTime(compose(message))
      if (outages > 0) logger.info(about, 'The mail server accepts mail again.')
      outages = 0
      pausedUntil = 0
      settled('sent', clock.now(), null)
    } catch (thrown) {
      const error = toMailError(thrown)
      const now = clock.now()
      if (error.kind === 'refused') {
        logger.warn({ ...about, answer: error.answer }, 'A mail was refused for good.')
        settled('failed', now, error.answer)
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
      settled('queued', Math.min(next, message.notAfter), error.answer)
    }
  }

  function compose(message: Message): Mail {
    try {
      return composeMail(core, message, templates)
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

  return {
    totals,
    settlements,
    deliver,
    async giveBack(lease) {
      const { message } = lease
      const write = settle(lease, 'queued', clock.now(), message.lastError)
      await store.commit([write], clock.now()).catch((error: unknown) => {
        logger.warn({ messageId: message.id, error }, 'A lease could not be given back; it ends by itself.')
      })
    },
    isServerAway: () => outages > 0,
    isPaused: (now) => now < pausedUntil,
    endPause() {
      pausedUntil = 0
    },
  }
}
