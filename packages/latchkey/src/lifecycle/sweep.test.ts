import { describe, expect, it } from 'vitest'
import { enqueueMessage } from '../courier/enqueue-message.ts'
import { dayMs, hourMs, minuteMs } from '../platform/clock.ts'
import { silentLogger } from '../platform/logger.ts'
import type { SigningKey } from '../session/signing-key.ts'
import type { Write } from '../store/writes.ts'
import { createTestCore, type TestCore } from '../testing/test-core.ts'
import { parseEmailAddress } from '../user/email-address.ts'
import { createJanitor } from './janitor.ts'
import { sweep, type SweepProgress } from './sweep.ts'

function messageFor(core: TestCore): Extract<Write, { readonly kind: 'enqueueMessage' }> {
  const to = parseEmailAddress('ada@example.com')
  if (to === undefined) throw new TypeError('not an address')
  const write = enqueueMessage(core, { template: 'account-blocked', data: {}, to, userId: null })
  if (write.kind !== 'enqueueMessage') throw new TypeError(write.kind)
  return write
}

async function settledMessage(core: TestCore): Promise<void> {
  const write = messageFor(core)
  const { id } = write.message
  const now = core.clock.now()
  await core.store.commit([write], now)
  const lease = { kind: 'leaseMessage', messageId: id, leaseToken: 't', until: now + minuteMs } as const
  const settle = {
    kind: 'settleMessage',
    messageId: id,
    leaseToken: 't',
    status: 'sent',
    nextAttemptAt: now,
    error: null,
  } as const
  await core.store.commit([lease, settle], now)
}

function signingKey(core: TestCore, kid: string, state: SigningKey['state']): SigningKey {
  const now = core.clock.now()
  return {
    kid,
    state,
    algorithm: 'ES256',
    publicJwk: '{}',
    privateKey: 'sealed',
    createdAt: now,
    retiredAt: state === 'previous' ? now : null,
  }
}

describe('the sweep', () => {
  it('finds nothing in an empty store', async () => {
    expect(Object.values((await sweep(createTestCore())).removed)).toEqual([0, 0, 0, 0, 0, 0, 0, 0])
  })

  it('removes settled messages a week later, in batches, with progress, and queued ones never', async () => {
    const core = createTestCore()
    for (let count = 0; count < 1_001; count++) await settledMessage(core)
    await core.store.commit([messageFor(core)], core.clock.now())
    await core.clock.advance(7 * dayMs)
    expect((await sweep(core)).removed.messages).toBe(0)
    await core.clock.advance(1)
    const seen: SweepProgress[] = []
    expect((await sweep(core, { progress: (progress) => seen.push(progress) })).removed.messages).toBe(1_001)
    expect(seen).toEqual([
      { what: 'messages', removed: 500 },
      { what: 'messages', removed: 1_000 },
      { what: 'messages', removed: 1_001 },
    ])
    expect((await core.store.counts(core.clock.now())).queuedMessages).toBe(1)
  })

  it('keeps budgets as long as somebody may count them', async () => {
    const core = createTestCore()
    const budget = { kind: 'budget', key: 'k', limit: 1, windowMs: hourMs } as const
    await core.store.charge([budget], core.clock.now())
    await core.clock.advance(25 * hourMs)
    expect((await sweep(core)).removed.budgets).toBe(0)
    await core.clock.advance(1)
    expect((await sweep(core)).removed.budgets).toBe(1)
  })

  it('keeps a previous signing key until the last token that it signed has expired', async () => {
    const core = createTestCore()
    const keys = (['current', 'next', 'previous'] as const).map((state) => signingKey(core, state, state))
    await core.store.commit(
      keys.map((key) => ({ kind: 'addSigningKey', key }) as const),
      core.clock.now(),
    )
    // 15 minutes for the token, 5 for nodes that had not heard of the rotation.
    await core.clock.advance(20 * minuteMs)
    expect((await sweep(core)).removed['signing-keys']).toBe(0)
    await core.clock.advance(1)
    expect((await sweep(core)).removed['signing-keys']).toBe(1)
    await core.clock.advance(500 * dayMs)
    expect((await sweep(core)).removed['signing-keys']).toBe(0)
    expect((await core.store.listSigningKeys()).map(({ kid }) => kid)).toEqual(['current', 'next'])
  })

  it('stops no other that runs at the same time', async () => {
    const core = createTestCore()
    for (let count = 0; count < 1_200; count++) await settledMessage(core)
    await core.clock.advance(8 * dayMs)
    const reports = await Promise.all([sweep(core), sweep(core), sweep(core)])
    expect(reports.reduce((sum, { removed }) => sum + removed.messages, 0)).toBe(1_200)
  })
})

describe('the janitor', () => {
  it('sweeps every ten minutes or so, and not after it was stopped', async () => {
    const core = createTestCore()
    const sweptAt: number[] = []
    const commit: typeof core.store.commit = (writes, now) => {
      if (writes[0]?.kind === 'removeExpired' && writes[0].what === 'challenges') sweptAt.push(now)
      return core.store.commit(writes, now)
    }
    const ports = { ...core, store: { ...core.store, commit } }
    const janitor = createJanitor({ core: ports, timers: core.clock, logger: silentLogger })
    const startedAt = core.clock.now()
    janitor.start()
    await core.clock.advance(2 * hourMs)
    const waits = sweptAt.map((at, index) => at - (sweptAt[index - 1] ?? startedAt))
    expect(waits.length).toBeGreaterThanOrEqual(9)
    for (const wait of waits) expect(Math.abs(wait - 10 * minuteMs)).toBeLessThanOrEqual(2.5 * minuteMs)
    expect(new Set(waits).size).toBeGreaterThan(5)
    await janitor.stop()
    const before = sweptAt.length
    await core.clock.advance(hourMs)
    expect(sweptAt).toHaveLength(before)
    expect(core.clock.waiting).toBe(0)
  })

  it('goes on after a failure and says so once', async () => {
    const core = createTestCore()
    const said: string[] = []
    const say = (_fields: object, message: string): void => void said.push(message)
    let isAway = true
    const commit: typeof core.store.commit = (writes, now) =>
      isAway ? Promise.reject(new Error('away')) : core.store.commit(writes, now)
    const ports = { ...core, store: { ...core.store, commit } }
    const logger = { debug: say, info: say, warn: say, error: say }
    const janitor = createJanitor({ core: ports, timers: core.clock, logger })
    janitor.start()
    await core.clock.advance(hourMs)
    isAway = false
    await core.clock.advance(hourMs)
    await janitor.stop()
    expect(said).toEqual(['A background job failed; it goes on trying.', 'A background job works again.'])
  })
})
