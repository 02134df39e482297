import { describe, expect, it } from 'vitest'
import { courierOf, createPost, queueCode, stored, unreachable, type Post } from '../../../../test/outbox.ts'
import { minuteMs, secondMs } from '../platform/clock.ts'
import { LatchkeyError } from '../platform/errors.ts'
import { sleep } from '../platform/timers.ts'
import type { CommitResult } from '../store/store.ts'
import { createMemoryStorage } from '../storage/memory/memory-storage.ts'
import { createFakeClock, type FakeClock } from '../testing/fake-clock.ts'
import { costOf, observeStorage, type ObservedStorage } from '../testing/observed-storage.ts'
import { createTestCore, type TestCore } from '../testing/test-core.ts'
import type { Storage } from '../storage/storage.ts'
import type { Write } from '../store/writes.ts'
import type { Message } from './message.ts'
import { momentMs } from './settlements.ts'
import type { Courier, CourierOptions } from './worker.ts'

type Commit = (writes: readonly Write[], now: number) => Promise<CommitResult>

interface Node {
  readonly clock: FakeClock
  /** What the engine of this node has: its commits go through the courier. */
  readonly core: TestCore
  readonly courier: Courier
  readonly post: Post
  readonly observed: ObservedStorage<Storage>
  messages(): Promise<readonly Message[]>
}

interface NodeOptions extends Partial<CourierOptions> {
  readonly answer?: Post['answer']
  /** What becomes of the commits that queue something. */
  readonly commit?: (commit: Commit) => Commit
  readonly seed?: number
  readonly beside?: Node
}

/** A node whose courier is at work and has seen that the outbox is empty. */
async function startNode({ answer, commit, seed, beside, ...options }: NodeOptions = {}): Promise<Node> {
  const clock = beside?.clock ?? createFakeClock()
  const observed = beside?.observed ?? observeStorage(createMemoryStorage({ clock }))
  const below = createTestCore({ clock, store: observed.storage, ...(seed === undefined ? {} : { seed }) })
  const real: Commit = (writes, now) => observed.storage.commit(writes, now)
  const changed = commit === undefined ? real : commit(real)
  const store = {
    ...observed.storage,
    commit: (writes: readonly Write[], now: number) =>
      (writes.some(({ kind }) => kind === 'enqueueMessage') ? changed : real)(writes, now),
  }
  const post = beside?.post ?? createPost(answer)
  const courier = courierOf({ ...below, store }, post, options)
  courier.start()
  await clock.advance(0)
  observed.forget()
  return {
    clock,
    courier,
    post,
    observed,
    core: { ...below, store: { ...store, commit: courier.commit } },
    messages: async () => (await observed.storage.listMessages({ limit: 200 })).items,
  }
}

const isLeased = ({ status, leaseToken }: Message): boolean => status === 'queued' && leaseToken !== null
const isFree = ({ status, leaseToken }: Message): boolean => status === 'queued' && leaseToken === null

describe('a message that the process of a courier queues', () => {
  it('is leased in the commit that queues it, leaves from memory, and costs one commit more', async () => {
    const { core, post, observed, clock, courier } = await startNode()
    const id = await queueCode(core)
    await clock.advance(0)
    expect(post.accepted.map((mail) => mail.id)).toEqual([id])
    await clock.advance(momentMs)
    expect(await stored(core, id)).toMatchObject({ status: 'sent', attempts: 1, data: '', leaseToken: null })
    expect(costOf(observed.calls).filter((call) => call !== 'findMessage')).toEqual([
      'commit enqueueMessage',
      'commit settleMessage',
    ])
    await courier.stop()
  })

  it('has a lease that outlives the sending', async () => {
    const { core, clock, courier } = await startNode({ answer: () => sleep(clock, secondMs) })
    const id = await queueCode(core)
    const row = await stored(core, id)
    expect(row).toMatchObject({ status: 'queued', attempts: 1, nextAttemptAt: clock.now() + 70 * secondMs })
    expect(row.leaseToken).toMatch(/^[\w-]{22}$/)
    await clock.advance(secondMs)
    await courier.stop()
  })

  it('waits in the outbox, free for everybody, before the courier starts and after it stopped', async () => {
    const core = createTestCore()
    const courier = courierOf(core, createPost())
    const inHand = { ...core, store: { ...core.store, commit: courier.commit } }
    const before = await queueCode(inHand)
    expect(await stored(core, before)).toMatchObject({ attempts: 0, leaseToken: null })
    courier.start()
    await core.clock.advance(0)
    await courier.stop()
    const after = await queueCode(inHand)
    expect(await stored(core, after)).toMatchObject({ attempts: 0, leaseToken: null })
  })

  it('is not sent when its commit lost, and the room that it was promised is free again', async () => {
    const lost = { ok: false, lost: { index: 0, reason: 'not_due' } } as const
    let isLosing = true
    const commit =
      (real: Commit): Commit =>
      (writes, now) =>
        isLosing ? Promise.resolve(lost) : real(writes, now)
    const { core, post, clock, courier, messages, observed } = await startNode({ commit })
    for (let count = 0; count < 40; count++) await queueCode(core)
    await clock.advance(0)
    expect(post.accepted).toEqual([])
    isLosing = false
    post.answer = () => sleep(clock, 50)
    await queueCode(core)
    expect((await messages()).filter(isLeased)).toHaveLength(1)
    await clock.advance(secondMs)
    expect(post.accepted).toHaveLength(1)
    expect(costOf(observed.calls)).not.toContain('commit leaseMessage')
    await courier.stop()
  })

  it('is expired when its end came during the commit', async () => {
    const commit =
      (real: Commit): Commit =>
      async (writes, now) => {
        const result = await real(writes, now)
        clock.set(clock.now() + 3 * secondMs)
        return result
      }
    const { core, post, clock, courier } = await startNode({ commit })
    const id = await queueCode(core, { livesMs: 3 * secondMs })
    await clock.advance(2 * secondMs)
    expect(post.accepted).toEqual([])
    expect(await stored(core, id)).toMatchObject({ status: 'expired', data: '' })
    await courier.stop()
  })
})

describe('a commit of which nobody knows whether it happened', () => {
  const unknownAfter =
    (done: boolean) =>
    (real: Commit): Commit =>
    async (writes, now) => {
      if (done) await real(writes, now)
      throw new LatchkeyError('outcome_unknown')
    }

  it('sends nothing from memory; if it happened, the message is free at once and leaves through the outbox', async () => {
    const { core, post, clock, courier, messages, observed } = await startNode({ commit: unknownAfter(true) })
    await expect(queueCode(core)).rejects.toMatchObject({ code: 'outcome_unknown' })
    expect(post.accepted).toEqual([])
    await clock.advance(0)
    expect(costOf(observed.calls).slice(0, 4)).toEqual([
      'commit enqueueMessage',
      'commit settleMessage',
      'dueMessages',
      'commit leaseMessage',
    ])
    expect(post.accepted).toHaveLength(1)
    await courier.stop()
    expect(await messages()).toMatchObject([{ status: 'sent', attempts: 2 }])
  })

  it('sends nothing at all if it did not happen', async () => {
    const { core, post, clock, courier, messages } = await startNode({ commit: unknownAfter(false) })
    await expect(queueCode(core)).rejects.toMatchObject({ code: 'outcome_unknown' })
    await clock.advance(2 * minuteMs)
    expect(post.accepted).toEqual([])
    expect(await messages()).toEqual([])
    await courier.stop()
  })
})

describe('more messages than a courier has hands for', () => {
  it('wait in the outbox, where another node takes them; each leaves once', async () => {
    const first = await startNode({ answer: () => sleep(first.clock, secondMs) })
    await Promise.all(Array.from({ length: 100 }, () => queueCode(first.core)))
    const rows = await first.messages()
    expect(rows.filter(isLeased)).toHaveLength(32)
    expect(rows.filter(isFree)).toHaveLength(68)
    const second = await startNode({ beside: first, seed: 2 })
    await first.clock.advance(30 * secondMs)
    await first.courier.stop()
    await second.courier.stop()
    expect(first.post.accepted).toHaveLength(100)
    expect(new Set(first.post.accepted.map(({ id }) => id)).size).toBe(100)
    expect((await first.messages()).every(({ status }) => status === 'sent')).toBe(true)
  })

  it('never leave more at once than there are places', async () => {
    let atOnce = 0
    let most = 0
    const node = await startNode({
      async answer() {
        most = Math.max(most, ++atOnce)
        await sleep(node.clock, 10)
        atOnce--
      },
    })
    for (let burst = 0; burst < 20; burst++) {
      await Promise.all(Array.from({ length: 10 }, () => queueCode(node.core)))
      await node.clock.advance(15)
    }
    await node.clock.advance(minuteMs)
    await node.courier.stop()
    expect(node.post.accepted).toHaveLength(200)
    expect(most).toBe(4)
  })

  it('do not overtake older ones: what waited is through before anything is leased at birth again', async () => {
    const core = createTestCore()
    const old = new Set<string>()
    for (let count = 0; count < 12; count++) old.add(await queueCode(core))
    const post = createPost(() => sleep(core.clock, secondMs))
    const courier = courierOf(core, post)
    const inHand = { ...core, store: { ...core.store, commit: courier.commit } }
    courier.start()
    await core.clock.advance(0)
    for (let turn = 0; turn < 3; turn++) {
      const id = await queueCode(inHand)
      expect(await stored(core, id)).toMatchObject({ leaseToken: null })
      await core.clock.advance(secondMs - 1)
    }
    await core.clock.advance(30 * secondMs)
    expect(post.accepted.slice(0, 12).filter(({ id }) => old.has(id)).length).toBeGreaterThanOrEqual(12)
    expect(post.accepted).toHaveLength(15)
    const late = await queueCode(inHand)
    expect((await stored(core, late)).leaseToken).not.toBeNull()
    await core.clock.advance(secondMs)
    await courier.stop()
  })

  it('are given back after five seconds without a place', async () => {
    const { core, clock, courier, messages, post } = await startNode({ answer: () => new Promise(() => undefined) })
    await Promise.all(Array.from({ length: 10 }, () => queueCode(core)))
    await clock.advance(4 * secondMs)
    expect((await messages()).filter(isLeased)).toHaveLength(10)
    await clock.advance(2 * secondMs)
    expect((await messages()).filter(isLeased)).toHaveLength(4)
    expect((await messages()).filter(isFree).every(({ nextAttemptAt }) => nextAttemptAt <= clock.now())).toBe(true)
    post.answer = () => undefined
    await clock.advance(2 * minuteMs)
    await courier.stop()
    expect(post.accepted).toHaveLength(10)
  })
})

describe('what is queued for the outbox', () => {
  it('is looked for at once', async () => {
    const { core, clock, courier, post } = await startNode({ mostInHand: 0 })
    await queueCode(core)
    await clock.advance(0)
    expect(post.accepted).toHaveLength(1)
    await courier.stop()
  })

  it('goes on as places become free, without waiting for the next poll', async () => {
    const { core, clock, courier, post } = await startNode({ mostInHand: 0, answer: () => sleep(clock, 10) })
    for (let count = 0; count < 40; count++) await queueCode(core)
    await clock.advance(secondMs - 1)
    expect(post.accepted).toHaveLength(40)
    await courier.stop()
  })
})

describe('while the mail server is away', () => {
  it('leases nothing to itself that it would only give back', async () => {
    const { core, clock, courier, post } = await startNode({ answer: unreachable })
    await queueCode(core)
    await clock.advance(0)
    const id = await queueCode(core)
    await clock.advance(0)
    expect(await stored(core, id)).toMatchObject({ attempts: 0, leaseToken: null })
    post.answer = () => undefined
    await clock.advance(2 * secondMs)
    await courier.stop()
    expect(post.accepted).toHaveLength(2)
  })

  it('holds nothing: what was in hand is given back, what comes is queued for everybody, and all leaves when it is back', async () => {
    const { core, post, clock, courier, messages } = await startNode({
      async answer() {
        await sleep(clock, 100)
        unreachable()
      },
    })
    await Promise.all(Array.from({ length: 10 }, () => queueCode(core)))
    await clock.advance(200)
    await queueCode(core)
    expect((await messages()).filter(isLeased)).toEqual([])
    expect((await messages()).filter(isFree)).toHaveLength(11)
    post.answer = () => undefined
    await clock.advance(40 * secondMs)
    expect(post.accepted).toHaveLength(11)
    const next = await queueCode(core)
    expect((await stored(core, next)).leaseToken).not.toBeNull()
    await clock.advance(0)
    await courier.stop()
    expect((await messages()).every(({ status }) => status === 'sent')).toBe(true)
  })
})

describe('a process that ends', () => {
  it('killed between the commit and the mail: another sends it at the end of the lease, once', async () => {
    const first = await startNode({
      answer: () => new Promise(() => undefined),
      timers: { after: () => () => undefined },
    })
    const id = await queueCode(first.core)
    expect(isLeased(await stored(first.core, id))).toBe(true)
    const post = createPost()
    const survivor = courierOf(createTestCore({ seed: 2, clock: first.clock, store: first.observed.storage }), post)
    survivor.start()
    await first.clock.advance(69 * secondMs)
    expect(post.accepted).toEqual([])
    await first.clock.advance(2 * secondMs)
    await survivor.stop()
    expect(post.accepted.map((mail) => mail.id)).toEqual([id])
    expect(await stored(first.core, id)).toMatchObject({ status: 'sent', attempts: 2 })
  })

  it('stopped: it finishes what is being sent and gives back the rest, due at once', async () => {
    const { core, clock, courier, messages, post } = await startNode({ answer: () => sleep(clock, secondMs) })
    await Promise.all(Array.from({ length: 10 }, () => queueCode(core)))
    await clock.advance(0)
    const stopping = courier.stop()
    await clock.advance(secondMs)
    await stopping
    expect(post.accepted).toHaveLength(4)
    const rest = (await messages()).filter(({ status }) => status === 'queued')
    expect(rest).toHaveLength(6)
    expect(rest.every((row) => isFree(row) && row.nextAttemptAt <= clock.now())).toBe(true)
    expect(clock.waiting).toBe(0)
  })

  it('drained right after the commit: the mail has left', async () => {
    const { core, courier, post } = await startNode()
    await queueCode(core)
    expect(post.accepted).toEqual([])
    expect(await courier.drain()).toEqual({ sent: 1, deferred: 0, expired: 0, failed: 0 })
    await courier.stop()
  })

  it('stopped during a commit: it waits for it and gives back what that queued', async () => {
    const held = Promise.withResolvers<void>()
    const commit =
      (real: Commit): Commit =>
      async (writes, now) => {
        await held.promise
        return real(writes, now)
      }
    const { core, clock, courier, messages, post } = await startNode({ commit })
    const queueing = queueCode(core)
    let isStopped = false
    const stopping = courier.stop().then(() => (isStopped = true))
    await clock.advance(0)
    expect(isStopped).toBe(false)
    held.resolve()
    await queueing
    await stopping
    expect(post.accepted).toEqual([])
    expect((await messages()).map(isFree)).toEqual([true])
  })
})
