import { describe, expect, it } from 'vitest'
import { courierOf, createPost, queueCode, stored } from '../../../../test/outbox.ts'
import { minuteMs, secondMs } from '../platform/clock.ts'
import { sleep } from '../platform/timers.ts'
import { createTestCore, type TestCore } from '../testing/test-core.ts'
import type { Write } from '../store/writes.ts'
import { momentMs } from './settlements.ts'
import type { Courier } from './worker.ts'

interface Node {
  readonly core: TestCore
  readonly courier: Courier
  /** How many mails each commit that settled any of them was about. */
  readonly settled: number[]
  queue(count: number): Promise<readonly string[]>
  statuses(ids: readonly string[]): Promise<readonly string[]>
}

/** A courier at work whose commits are watched, and made to fail where `refuses` says so. */
async function startNode(refuses: (writes: readonly Write[]) => boolean = () => false): Promise<Node> {
  const core = createTestCore()
  const settled: number[] = []
  const commit: typeof core.store.commit = (writes, now) => {
    const count = writes.filter(({ kind }) => kind === 'settleMessage').length
    if (count > 0) settled.push(count)
    return count > 0 && refuses(writes) ? Promise.reject(new Error('refused')) : core.store.commit(writes, now)
  }
  const watched = { ...core, store: { ...core.store, commit } }
  const courier = courierOf(watched, createPost())
  courier.start()
  await core.clock.advance(0)
  const inHand = { ...watched, store: { ...watched.store, commit: courier.commit } }
  return {
    core,
    courier,
    settled,
    queue: (count) => Promise.all(Array.from({ length: count }, () => queueCode(inHand))),
    async statuses(ids) {
      const rows = await Promise.all(ids.map((id) => stored(core, id)))
      return rows.map(({ status }) => status)
    },
  }
}

describe('what became of mails', () => {
  it('is written down in one commit for those of one moment', async () => {
    const { core, courier, settled, queue, statuses } = await startNode()
    const ids = [...(await queue(2))]
    await core.clock.advance(momentMs - 5)
    ids.push(...(await queue(3)))
    await core.clock.advance(momentMs)
    expect(settled).toEqual([5])
    expect(await statuses(ids)).toEqual(ids.map(() => 'sent'))
    await courier.stop()
  })

  it('is written down before the moment is over when there are eight of them', async () => {
    const { core, courier, settled, queue } = await startNode()
    await queue(20)
    await core.clock.advance(0)
    expect(settled).toEqual([8, 8])
    await core.clock.advance(momentMs)
    expect(settled).toEqual([8, 8, 4])
    await courier.stop()
  })

  it('is written down, one by one, beside one whose lease ran out', async () => {
    const { core, courier, settled, queue, statuses } = await startNode()
    const ids = await queue(3)
    await core.clock.advance(0)
    // Meanwhile somebody else settled the first: as after a process that stood still for longer than its lease.
    const { leaseToken } = await stored(core, ids[0] ?? '')
    const messageId = (await stored(core, ids[0] ?? '')).id
    const settle = { kind: 'settleMessage', status: 'failed', nextAttemptAt: 0, error: 'other' } as const
    await core.store.commit([{ ...settle, messageId, leaseToken: leaseToken ?? '' }], core.clock.now())
    await core.clock.advance(momentMs)
    expect(settled).toEqual([3, 1, 1, 1])
    expect(await statuses(ids)).toEqual(['failed', 'sent', 'sent'])
    await courier.stop()
  })

  it('is written down beside one that the database refuses, which goes on being tried', async () => {
    let refused: string | undefined
    const isRefused = (write: Write): boolean => write.kind === 'settleMessage' && write.messageId === refused
    const { core, courier, queue, statuses } = await startNode((writes) => writes.some(isRefused))
    const ids = await queue(3)
    refused = ids[1]
    await core.clock.advance(minuteMs / 2)
    expect(await statuses(ids)).toEqual(['sent', 'queued', 'sent'])
    refused = undefined
    await core.clock.advance(minuteMs / 2)
    expect(await statuses(ids)).toEqual(['sent', 'sent', 'sent'])
    await courier.stop()
  })

  it('is written down at once when the process ends', async () => {
    const { core, courier, settled, queue, statuses } = await startNode()
    const ids = await queue(3)
    await core.clock.advance(0)
    expect(settled).toEqual([])
    await courier.stop()
    expect(settled).toEqual([3])
    expect(await statuses(ids)).toEqual(['sent', 'sent', 'sent'])
  })

  it('keeps no place from the next mail', async () => {
    const core = createTestCore()
    const post = createPost(() => sleep(core.clock, 2))
    const courier = courierOf(core, post)
    courier.start()
    await core.clock.advance(0)
    const inHand = { ...core, store: { ...core.store, commit: courier.commit } }
    for (let count = 0; count < 20; count++) await queueCode(inHand)
    // Four at once, two milliseconds each.
    await core.clock.advance(10)
    expect(post.accepted).toHaveLength(20)
    await core.clock.advance(secondMs)
    await courier.stop()
  })
})
