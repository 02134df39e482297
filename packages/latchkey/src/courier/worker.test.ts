import { describe, expect, it } from 'vitest'
import { hourMs, minuteMs, secondMs } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import { sleep } from '../platform/timers.ts'
import { createTestCore, type TestCore } from '../testing/test-core.ts'
import { parseEmailAddress, type EmailAddress } from '../user/email-address.ts'
import { enqueueMessage } from './enqueue-message.ts'
import { MailError } from './mail-error.ts'
import type { Mail, MailTransport } from './mail-transport.ts'
import { createMailbox } from './mailbox.ts'
import { asMessageId, type Message } from './message.ts'
import { createCourier, type Courier, type CourierOptions } from './worker.ts'

const ada = address('ada@example.com')

function address(text: string): EmailAddress {
  const parsed = parseEmailAddress(text)
  if (parsed === undefined) throw new TypeError(text)
  return parsed
}

/** Queues a code as the engine does and returns its id. */
async function queueCode(core: TestCore, { to = ada, livesMs = 5 * minuteMs, code = '123456' } = {}): Promise<string> {
  const write = enqueueMessage(core, {
    template: 'sign-in-code',
    data: { code, expiresInMinutes: 5 },
    to,
    userId: null,
    notAfter: core.clock.now() + livesMs,
  })
  await core.store.commit([write], core.clock.now())
  if (write.kind !== 'enqueueMessage') throw new TypeError(write.kind)
  return write.message.id
}

async function stored(core: TestCore, id: string): Promise<Message> {
  const message = await core.store.findMessage(asMessageId(id))
  if (message === undefined) throw new TypeError(`no message ${id}`)
  return message
}

interface Post extends MailTransport {
  readonly accepted: Mail[]
  /** What the mail server does; returns normally to accept. */
  answer: (mail: Mail) => Promise<void> | void
}

function createPost(answer: Post['answer'] = () => undefined): Post {
  const post: Post = {
    accepted: [],
    answer,
    async send(mail) {
      await post.answer(mail)
      post.accepted.push(mail)
    },
  }
  return post
}

function courierOf(core: TestCore, transport: MailTransport, options: Partial<CourierOptions> = {}): Courier {
  return createCourier({ core, transport, timers: core.clock, ...options })
}

const unreachable = (): never => {
  throw new MailError('unavailable', 'ECONNECTION CONN')
}

describe('the courier', () => {
  it('sends what was queued and destroys its data', async () => {
    const core = createTestCore()
    const mailbox = createMailbox()
    const id = await queueCode(core)
    expect(await courierOf(core, mailbox).drain()).toEqual({ sent: 1, deferred: 0, expired: 0, failed: 0 })
    expect(mailbox.latest('ada@example.com')).toMatchObject({ id, code: '123456', to: 'ada@example.com' })
    expect(await stored(core, id)).toMatchObject({
      status: 'sent',
      data: '',
      attempts: 1,
      lastError: null,
      settledAt: core.clock.now(),
    })
  })

  it('sends at once after a nudge, and within a second without one', async () => {
    const core = createTestCore()
    const post = createPost()
    const courier = courierOf(core, post)
    courier.start()
    await core.clock.advance(0)
    await queueCode(core)
    courier.nudge()
    await core.clock.advance(0)
    expect(post.accepted).toHaveLength(1)
    await queueCode(core)
    await core.clock.advance(secondMs)
    expect(post.accepted).toHaveLength(2)
    await courier.stop()
  })

  it('names the mail after the message and the host of publicUrl', async () => {
    const core = createTestCore({ settings: { publicUrl: 'https://login.example.org:8443/app' } })
    const post = createPost()
    const id = await queueCode(core)
    await courierOf(core, post).drain()
    expect(post.accepted[0]?.messageId).toBe(`<${id}@login.example.org>`)
  })

  it('writes mails with the templates of the application', async () => {
    const core = createTestCore()
    const post = createPost()
    await queueCode(core)
    const templates = { 'sign-in-code': () => ({ subject: 'Hi\r\nBcc: evil@example.com', text: 't', html: 'h' }) }
    await courierOf(core, post, { templates }).drain()
    expect(post.accepted[0]).toMatchObject({ subject: 'Hi Bcc: evil@example.com', text: 't', html: 'h' })
  })
})

describe('a message that is late', () => {
  it('is expired, never sent, and its data is destroyed', async () => {
    const core = createTestCore()
    const post = createPost()
    const id = await queueCode(core, { livesMs: minuteMs })
    await core.clock.advance(minuteMs)
    expect(await courierOf(core, post).drain()).toEqual({ sent: 0, deferred: 0, expired: 1, failed: 0 })
    expect(post.accepted).toEqual([])
    expect(await stored(core, id)).toMatchObject({ status: 'expired', data: '' })
  })

  it('is still sent a millisecond before its end', async () => {
    const core = createTestCore()
    const post = createPost()
    await queueCode(core, { livesMs: minuteMs })
    await core.clock.advance(minuteMs - 1)
    await courierOf(core, post).drain()
    expect(post.accepted).toHaveLength(1)
  })
})

describe('a mail that is not accepted', () => {
  it('is tried again after 5, 15, 45 seconds and so on, each time a little off', async () => {
    const core = createTestCore()
    const triedAt: number[] = []
    const post = createPost(() => {
      triedAt.push(core.clock.now())
      throw new MailError('deferred', 'EENVELOPE RCPT TO 451 4.7.1')
    })
    const id = await queueCode(core, { livesMs: 2 * hourMs })
    const courier = courierOf(core, post)
    courier.start()
    await core.clock.advance(90 * minuteMs)
    await courier.stop()
    const waits = triedAt.slice(1).map((at, index) => (at - (triedAt[index] ?? 0)) / secondMs)
    const expected = [5, 15, 45, 135, 405, 900, 900, 900]
    for (const [index, wait] of waits.entries()) {
      const seconds = expected[index] ?? 900
      expect(wait).toBeGreaterThanOrEqual(seconds * 0.8)
      // Up to a second later, because the outbox is looked at each second.
      expect(wait).toBeLessThanOrEqual(seconds * 1.2 + 1)
    }
    expect(waits.length).toBeGreaterThanOrEqual(8)
    expect(await stored(core, id)).toMatchObject({
      status: 'queued',
      lastError: 'EENVELOPE RCPT TO 451 4.7.1',
      attempts: triedAt.length,
    })
  })

  it('expires at the end of its secret and is not tried after it', async () => {
    const core = createTestCore()
    let tries = 0
    const post = createPost(() => {
      tries++
      throw new MailError('deferred', '451')
    })
    const id = await queueCode(core, { livesMs: 7 * minuteMs })
    const courier = courierOf(core, post)
    courier.start()
    await core.clock.advance(7 * minuteMs - secondMs)
    const triesInTime = tries
    expect(await stored(core, id)).toMatchObject({ status: 'queued' })
    // The fifth attempt would be due minutes later; the secret does not wait for it.
    await core.clock.advance(2 * secondMs)
    expect(await stored(core, id)).toMatchObject({ status: 'expired', data: '', lastError: '451' })
    await core.clock.advance(hourMs)
    await courier.stop()
    expect(tries).toBe(triesInTime)
  })

  it('has failed when the server refuses it for good', async () => {
    const core = createTestCore()
    const post = createPost(() => {
      throw new MailError('refused', 'EENVELOPE RCPT TO 550 5.1.1')
    })
    const id = await queueCode(core)
    expect(await courierOf(core, post).drain()).toMatchObject({ failed: 1 })
    expect(await stored(core, id)).toMatchObject({
      status: 'failed',
      data: '',
      lastError: 'EENVELOPE RCPT TO 550 5.1.1',
    })
  })

  it('leaves neither address nor text nor code in the row or the log', async () => {
    const core = createTestCore()
    const lines: string[] = []
    const note = (fields: object, message: string): void => void lines.push(`${JSON.stringify(fields)} ${message}`)
    const logger: Logger = { debug: note, info: note, warn: note, error: note }
    const post = createPost((mail) => {
      throw Object.assign(new Error(`550 <${mail.to}> unknown: ${mail.text}`), {
        response: mail.text,
        code: 'EENVELOPE',
      })
    })
    const id = await queueCode(core)
    const courier = courierOf(core, post, { logger })
    await courier.drain()
    post.answer = (mail) => {
      throw new MailError('deferred', `no such user ${mail.to}\r\n${mail.id}x${mail.id}`)
    }
    await core.clock.advance(10 * secondMs)
    await courier.drain()
    expect((await stored(core, id)).lastError).toBe('no such user … …')
    expect(lines).toHaveLength(2)
    expect(lines.join('\n')).not.toMatch(/ada@|123456|example\.com/)
  })

  it('counts as not accepted when the transport never answers', async () => {
    const core = createTestCore()
    const post = createPost(() => new Promise(() => undefined))
    const id = await queueCode(core)
    const courier = courierOf(core, post)
    courier.nudge()
    await core.clock.advance(31 * secondMs)
    expect(await stored(core, id)).toMatchObject({ status: 'queued', lastError: 'no answer in time', leaseToken: null })
    await courier.stop()
  })
})

describe('while the mail server is away for an hour', () => {
  it('keeps what lives, expires what does not, and delivers within half a minute of its return', async () => {
    const core = createTestCore()
    const post = createPost(unreachable)
    const courier = courierOf(core, post)
    courier.start()
    const code = await queueCode(core)
    const notice = await queueCode(core, { livesMs: 24 * hourMs })
    await core.clock.advance(58 * minuteMs)
    const lateCode = await queueCode(core)
    courier.nudge()
    await core.clock.advance(2 * minuteMs)
    expect(await stored(core, code)).toMatchObject({ status: 'expired', lastError: 'ECONNECTION CONN' })
    expect(await stored(core, notice)).toMatchObject({ status: 'queued' })
    post.answer = () => undefined
    await core.clock.advance(37 * secondMs)
    await courier.stop()
    expect(post.accepted.map(({ id }) => id)).toEqual([lateCode, notice])
    expect(await stored(core, lateCode)).toMatchObject({ status: 'sent', lastError: null })
  })

  it('asks with one mail at a time and ever more rarely', async () => {
    const core = createTestCore()
    let tries = 0
    const post = createPost(() => {
      tries++
      unreachable()
    })
    for (let count = 0; count < 50; count++) await queueCode(core, { livesMs: 24 * hourMs })
    const courier = courierOf(core, post)
    courier.start()
    await core.clock.advance(10 * minuteMs)
    await courier.stop()
    expect(tries).toBeLessThan(40)
    expect(tries).toBeGreaterThan(15)
  })

  it('says so once, and once that it is over', async () => {
    const core = createTestCore()
    const said: string[] = []
    const say = (_fields: object, message: string): void => void said.push(message)
    const post = createPost(unreachable)
    await queueCode(core, { livesMs: hourMs })
    const courier = courierOf(core, post, { logger: { debug: say, info: say, warn: say, error: say } })
    courier.start()
    await core.clock.advance(5 * minuteMs)
    post.answer = () => undefined
    await core.clock.advance(minuteMs)
    await courier.stop()
    expect(said).toEqual([
      'The mail server takes no mail; messages wait in the outbox.',
      'The mail server accepts mail again.',
    ])
  })
})

describe('several couriers on one outbox', () => {
  it('send each message once', async () => {
    const first = createTestCore({ seed: 1 })
    const second = createTestCore({ seed: 2, store: first.store, clock: first.clock })
    const post = createPost(() => sleep(first.clock, 50))
    const ids = new Set<string>()
    for (let count = 0; count < 100; count++) ids.add(await queueCode(first))
    const couriers = [courierOf(first, post), courierOf(second, post), courierOf(second, post, { concurrency: 10 })]
    for (const courier of couriers) courier.start()
    await first.clock.advance(minuteMs)
    for (const courier of couriers) await courier.stop()
    expect(post.accepted).toHaveLength(100)
    expect(new Set(post.accepted.map(({ id }) => id))).toEqual(ids)
  })

  it('send again, under the same Message-ID, what one of them had sent when it died before writing it down', async () => {
    const core = createTestCore({ seed: 1 })
    const post = createPost()
    const id = await queueCode(core)
    // Dies between the server's yes and the settle: nothing after the acceptance happens any more.
    const dying = createPost((mail) => {
      post.accepted.push(mail)
      return new Promise(() => undefined)
    })
    const died = courierOf(core, dying, { timers: { after: () => () => undefined } })
    died.nudge()
    await core.clock.advance(0)
    expect(post.accepted).toHaveLength(1)

    const survivor = courierOf(createTestCore({ seed: 2, store: core.store, clock: core.clock }), post)
    survivor.start()
    await core.clock.advance(69 * secondMs)
    expect(post.accepted).toHaveLength(1)
    await core.clock.advance(2 * secondMs)
    await survivor.stop()
    expect(post.accepted).toHaveLength(2)
    expect(post.accepted[0]?.messageId).toBe(post.accepted[1]?.messageId)
    expect(await stored(core, id)).toMatchObject({ status: 'sent', attempts: 2, data: '' })
  })
})

describe('a courier that stops', () => {
  it('finishes what is being sent, takes nothing more, and leaves no lease behind', async () => {
    const core = createTestCore()
    const post = createPost(() => sleep(core.clock, 5 * secondMs))
    const ids = [await queueCode(core), await queueCode(core), await queueCode(core)]
    const courier = courierOf(core, post, { concurrency: 2 })
    courier.start()
    await core.clock.advance(secondMs)
    let isStopped = false
    const stopping = courier.stop().then(() => {
      isStopped = true
    })
    await core.clock.advance(secondMs)
    expect(isStopped).toBe(false)
    await core.clock.advance(4 * secondMs)
    await stopping
    const rows = await Promise.all(ids.map((id) => stored(core, id)))
    expect(rows.map(({ status }) => status).toSorted()).toEqual(['queued', 'sent', 'sent'])
    expect(rows.every(({ leaseToken }) => leaseToken === null)).toBe(true)
    await core.clock.advance(minuteMs)
    expect(post.accepted).toHaveLength(2)
    expect(core.clock.waiting).toBe(0)
  })
})

describe('a database that is away', () => {
  it('does not stop the courier', async () => {
    const core = createTestCore()
    const post = createPost()
    let isAway = true
    const dueMessages: typeof core.store.dueMessages = (now, limit) =>
      isAway ? Promise.reject(new Error('away')) : core.store.dueMessages(now, limit)
    const courier = courierOf({ ...core, store: { ...core.store, dueMessages } }, post)
    await queueCode(core)
    courier.start()
    await core.clock.advance(10 * secondMs)
    expect(post.accepted).toHaveLength(0)
    isAway = false
    await core.clock.advance(2 * secondMs)
    await courier.stop()
    expect(post.accepted).toHaveLength(1)
  })

  it('for a moment after the acceptance does not lead to a second mail', async () => {
    const core = createTestCore()
    const post = createPost()
    let failures = 3
    const commit: typeof core.store.commit = (writes, now) =>
      writes[0]?.kind === 'settleMessage' && failures-- > 0
        ? Promise.reject(new Error('away'))
        : core.store.commit(writes, now)
    const courier = courierOf({ ...core, store: { ...core.store, commit } }, post)
    const id = await queueCode(core)
    courier.start()
    await core.clock.advance(2 * minuteMs)
    await courier.stop()
    expect(post.accepted).toHaveLength(1)
    expect(await stored(core, id)).toMatchObject({ status: 'sent', attempts: 1 })
  })
})

describe('data that cannot be used', () => {
  it('waits when its secret is missing and leaves when it is back', async () => {
    const core = createTestCore({ secrets: ['an older secret for these tests'] })
    const id = await queueCode(core)
    const post = createPost()
    const store = { store: core.store, clock: core.clock }
    const without = createTestCore({ ...store, secrets: ['a newer secret for these tests'] })
    expect(await courierOf(without, post).drain()).toMatchObject({ deferred: 1 })
    expect(await stored(core, id)).toMatchObject({ status: 'queued', lastError: 'sealed with a missing secret' })
    await core.clock.advance(10 * secondMs)
    const both = createTestCore({
      ...store,
      secrets: ['a newer secret for these tests', 'an older secret for these tests'],
    })
    expect(await courierOf(both, post).drain()).toMatchObject({ sent: 1 })
  })

  it('fails when it was changed or moved from another message', async () => {
    const core = createTestCore()
    const id = await queueCode(core)
    const { data } = await stored(core, id)
    const moved = asMessageId(core.ids.next())
    const row = { ...(await stored(core, id)), id: moved, data }
    await core.store.commit([{ kind: 'enqueueMessage', message: row }], core.clock.now())
    const post = createPost()
    expect(await courierOf(core, post).drain()).toMatchObject({ sent: 1, failed: 1 })
    expect(await stored(core, moved)).toMatchObject({ status: 'failed', lastError: 'sealed data is broken' })
  })

  it('waits for a newer node when the template is unknown here', async () => {
    const core = createTestCore()
    const id = await queueCode(core)
    const row = {
      ...(await stored(core, id)),
      id: asMessageId(core.ids.next()),
      template: 'of-tomorrow' as 'sign-in-code',
    }
    await core.store.commit([{ kind: 'enqueueMessage', message: row }], core.clock.now())
    expect(await courierOf(core, createPost()).drain()).toMatchObject({ sent: 1, deferred: 1 })
    expect((await stored(core, row.id)).lastError).toBe('template unknown to this version')
  })
})
