import { describe, expect, it } from 'vitest'
import { courierOf, createPost, queueCode, stored, unreachable } from '../../../../test/outbox.ts'
import { hourMs, minuteMs, secondMs } from '../platform/clock.ts'
import { sleep } from '../platform/timers.ts'
import { createTestCore } from '../testing/test-core.ts'
import { asMessageId } from './message.ts'

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
