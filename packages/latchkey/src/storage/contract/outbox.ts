import { deepEqual, equal, ok } from 'node:assert/strict'
import type { Message } from '../../courier/message.ts'
import { minuteMs, secondMs } from '../../platform/clock.ts'
import type { WriteOf } from '../../store/writes.ts'
import type { Storage } from '../storage.ts'
import { aDigest, aMessage, aUser, noon } from './fixtures.ts'
import type { Group } from './group.ts'
import { commit, loses } from './outcomes.ts'

const later = noon + secondMs
const leaseEnd = noon + minuteMs

export function outboxCases({ describe, it }: Group): void {
  describe('enqueueMessage', () => {
    it('stores the message as given', async (storage) => {
      const user = aUser()
      const message = aMessage({ userId: user.id, locale: 'de', template: 'password-reset', lastError: '421' })
      await commit(storage, [
        { kind: 'createUser', user },
        { kind: 'enqueueMessage', message },
      ])
      deepEqual(await storage.findMessage(message.id), message)
    })

    it('finds none under an unknown id', async (storage) => {
      equal(await storage.findMessage(aMessage().id), undefined)
    })

    it('queues it leased already: hidden from everybody until the end of the lease, settled under its token', async (storage) => {
      const born = await queued(storage, { leaseToken: aDigest(), nextAttemptAt: leaseEnd, attempts: 1 })
      equal(
        (await storage.dueMessages(leaseEnd - 1, 1_000)).some(({ id }) => id === born.id),
        false,
      )
      await loses(storage, lease(born), leaseEnd - 1)
      await loses(storage, { kind: 'retryMessage', messageId: born.id }, leaseEnd - 1)
      await loses(storage, settle(born, aDigest(), 'sent'), later)
      await commit(storage, [settle(born, born.leaseToken ?? '', 'sent')], later)
      const sent = { status: 'sent', data: '', leaseToken: null, settledAt: later, attempts: 1 } as const
      deepEqual(await stored(storage, born), { ...born, ...sent })
    })

    it('queues it leased already: at the end of the lease another takes it, and the first has lost it', async (storage) => {
      const born = await queued(storage, { leaseToken: aDigest(), nextAttemptAt: leaseEnd, attempts: 1 })
      ok((await storage.dueMessages(leaseEnd, 1_000)).some(({ id }) => id === born.id))
      const next = { ...lease(born), until: leaseEnd + minuteMs }
      await commit(storage, [next], leaseEnd)
      await loses(storage, settle(born, born.leaseToken ?? '', 'sent'), leaseEnd)
      equal((await stored(storage, born)).attempts, 2)
      await commit(storage, [settle(born, next.leaseToken, 'sent')], leaseEnd)
    })

    it('queues it leased already: given back, it is due at once with its data', async (storage) => {
      const born = await queued(storage, { leaseToken: aDigest(), nextAttemptAt: leaseEnd, attempts: 1 })
      await commit(storage, [{ ...settle(born, born.leaseToken ?? '', 'queued'), nextAttemptAt: later }], later)
      deepEqual(await stored(storage, born), { ...born, leaseToken: null, nextAttemptAt: later })
      await commit(storage, [lease(born)], later)
    })

    it('queues nothing, leased or not, when the commit loses', async (storage) => {
      const born = aMessage({ leaseToken: aDigest(), nextAttemptAt: leaseEnd, attempts: 1 })
      const writes = [{ kind: 'enqueueMessage', message: born }, settle(aMessage(), aDigest(), 'sent')] as const
      equal((await storage.commit(writes, noon)).ok, false)
      equal(await storage.findMessage(born.id), undefined)
    })
  })

  describe('dueMessages', () => {
    it('lists queued messages whose time has come, longest due first, up to the limit', async (storage) => {
      // Long before every other case, so that the messages of those are not due.
      const early = noon - 1_000 * minuteMs
      const triedAgain = await queued(storage, { nextAttemptAt: early, attempts: 1 })
      const due = [
        await queued(storage, { nextAttemptAt: early - 2 }),
        await queued(storage, { nextAttemptAt: early - 1 }),
        triedAgain,
        await queued(storage, { nextAttemptAt: early }),
      ] as const
      await queued(storage, { nextAttemptAt: early + 1 })
      await queued(storage, { nextAttemptAt: early - 1, status: 'failed', settledAt: early })
      deepEqual(await storage.dueMessages(early, 10), due)
      deepEqual(await storage.dueMessages(early, 2), due.slice(0, 2))
      deepEqual(await storage.dueMessages(early - 3, 10), [])
    })
  })

  describe('leaseMessage', () => {
    it('hides the message until the end of the lease and counts the attempt', async (storage) => {
      const message = await queued(storage)
      const write = lease(message)
      await commit(storage, [write])
      const { leaseToken } = write
      deepEqual(await storage.findMessage(message.id), { ...message, leaseToken, nextAttemptAt: leaseEnd, attempts: 1 })
    })

    it('loses as not_due while another holds the lease, and wins at its end', async (storage) => {
      const message = await queued(storage)
      await commit(storage, [lease(message)])
      await loses(storage, lease(message), leaseEnd - 1)
      await commit(storage, [{ ...lease(message), until: leaseEnd + minuteMs }], leaseEnd)
      equal((await storage.findMessage(message.id))?.attempts, 2)
    })

    it('loses as not_due before its time, when it is settled, or when it does not exist', async (storage) => {
      const early = await queued(storage, { nextAttemptAt: later })
      const settled = await queued(storage, { status: 'sent', settledAt: noon })
      for (const message of [early, settled, aMessage()]) await loses(storage, lease(message))
    })
  })

  describe('settleMessage', () => {
    it('ends the message and destroys its data', async (storage) => {
      const { message, leaseToken } = await leased(storage)
      await commit(storage, [settle(message, leaseToken, 'sent')], later)
      const { status, data, settledAt, leaseToken: token, lastError } = await stored(storage, message)
      deepEqual(
        { status, data, settledAt, token, lastError },
        {
          status: 'sent',
          data: '',
          settledAt: later,
          token: null,
          lastError: null,
        },
      )
    })

    it('destroys the data of what expired or failed, and keeps the error', async (storage) => {
      for (const status of ['expired', 'failed'] as const) {
        const { message, leaseToken } = await leased(storage)
        await commit(storage, [{ ...settle(message, leaseToken, status), error: '550 no' }], later)
        const { status: found, data, settledAt, lastError } = await stored(storage, message)
        deepEqual([found, data, settledAt, lastError], [status, '', later, '550 no'])
      }
    })

    it('queues it again with its data for a later attempt', async (storage) => {
      const { message, leaseToken } = await leased(storage)
      const nextAttemptAt = noon + 10 * minuteMs
      await commit(storage, [{ ...settle(message, leaseToken, 'queued'), nextAttemptAt, error: '421 busy' }], later)
      const again = { ...message, attempts: 1, leaseToken: null, nextAttemptAt, lastError: '421 busy' }
      deepEqual(await stored(storage, message), again)
    })

    it('loses as lease_lost when another worker took it over', async (storage) => {
      const { message, leaseToken } = await leased(storage)
      const next = { ...lease(message), until: leaseEnd + minuteMs }
      await commit(storage, [next], leaseEnd)
      await loses(storage, settle(message, leaseToken, 'sent'), leaseEnd)
      await commit(storage, [settle(message, next.leaseToken, 'sent')], leaseEnd)
    })

    it('loses as lease_lost when it was settled, never leased, or does not exist', async (storage) => {
      const { message, leaseToken } = await leased(storage)
      await commit(storage, [settle(message, leaseToken, 'sent')], later)
      await loses(storage, settle(message, leaseToken, 'failed'), later)
      await loses(storage, settle(await queued(storage), leaseToken, 'sent'))
      await loses(storage, settle(aMessage(), leaseToken, 'sent'))
    })
  })

  describe('retryMessage', () => {
    it('makes a queued message due at once', async (storage) => {
      const message = await queued(storage, { nextAttemptAt: noon + 30 * minuteMs })
      await commit(storage, [{ kind: 'retryMessage', messageId: message.id }], later)
      equal((await stored(storage, message)).nextAttemptAt, later)
      await commit(storage, [lease(message)], later)
    })

    it('loses as not_applicable while a worker holds the lease, and wins when that has run out', async (storage) => {
      const { message, leaseToken } = await leased(storage)
      const before = await stored(storage, message)
      await loses(storage, { kind: 'retryMessage', messageId: message.id }, leaseEnd - 1)
      deepEqual(await stored(storage, message), before)
      await commit(storage, [{ kind: 'retryMessage', messageId: message.id }], leaseEnd)
      const again = { ...lease(message), until: leaseEnd + minuteMs }
      await commit(storage, [again], leaseEnd)
      await loses(storage, settle(message, leaseToken, 'sent'), leaseEnd)
    })

    it('loses as not_applicable from its notAfter on, when it is settled, or when it does not exist', async (storage) => {
      const late = await queued(storage, { notAfter: later })
      const settled = await queued(storage, { status: 'failed', settledAt: noon })
      for (const { id } of [late, settled, aMessage()]) {
        await loses(storage, { kind: 'retryMessage', messageId: id }, later)
      }
      await commit(storage, [{ kind: 'retryMessage', messageId: late.id }], later - 1)
    })
  })
}

async function queued(storage: Storage, fields: Partial<Message> = {}): Promise<Message> {
  const message = aMessage(fields)
  await commit(storage, [{ kind: 'enqueueMessage', message }])
  return message
}

async function leased(storage: Storage): Promise<{ readonly message: Message; readonly leaseToken: string }> {
  const message = await queued(storage)
  const write = lease(message)
  await commit(storage, [write])
  return { message, leaseToken: write.leaseToken }
}

async function stored(storage: Storage, { id }: Message): Promise<Message> {
  const message = await storage.findMessage(id)
  if (message === undefined) throw new TypeError('the message is gone')
  return message
}

function lease({ id }: Message): WriteOf<'leaseMessage'> {
  return { kind: 'leaseMessage', messageId: id, leaseToken: aDigest(), until: leaseEnd }
}

function settle({ id }: Message, leaseToken: string, status: Message['status']): WriteOf<'settleMessage'> {
  return { kind: 'settleMessage', messageId: id, leaseToken, status, nextAttemptAt: leaseEnd, error: null }
}
