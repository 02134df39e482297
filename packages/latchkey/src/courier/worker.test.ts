import { describe, expect, it } from 'vitest'
import { courierOf, createPost, queueCode, stored } from '../../../../test/outbox.ts'
import { hourMs, minuteMs, secondMs } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import { sleep } from '../platform/timers.ts'
import { createTestCore } from '../testing/test-core.ts'
import { MailError } from './mail-error.ts'
import { createMailbox } from './mailbox.ts'

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
