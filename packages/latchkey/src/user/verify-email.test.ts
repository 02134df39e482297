import { describe, expect, it } from 'vitest'
import { noContext } from '../core/request-context.ts'
import { createCourier } from '../courier/worker.ts'
import { createMailbox } from '../courier/mailbox.ts'
import { minuteMs } from '../platform/clock.ts'
import { silentLogger } from '../platform/logger.ts'
import { createTestCore, type TestCore } from '../testing/test-core.ts'
import { aTestUser } from '../testing/test-session.ts'
import type { User } from './user.ts'
import { requestVerification, verifyEmail, type VerifyEmailResult } from './verify-email.ts'

interface Requested {
  readonly attempt: string
  readonly binding: string | undefined
  readonly code: string
}

async function request(core: TestCore, user: User): Promise<Requested> {
  const mailbox = createMailbox()
  const requested = await requestVerification(core, noContext, { user, mode: 'cookie', device: undefined })
  await createCourier({ core, transport: mailbox, logger: silentLogger }).drain()
  if (!requested.ok) throw new TypeError('refused')
  return {
    attempt: requested.attempt,
    binding: requested.binding ?? undefined,
    code: mailbox.latest(user.email)?.code ?? '',
  }
}

const verify = (core: TestCore, user: User, requested: Requested): Promise<VerifyEmailResult> =>
  verifyEmail(core, noContext, { user, device: undefined, ...requested })

const unproved = (core: TestCore): Promise<User> => aTestUser(core, { emailVerifiedAt: null })

async function lastEvent(core: TestCore): Promise<unknown> {
  const [event] = (await core.store.listEvents({ limit: 1 })).items
  return [event?.kind, event?.userId, (JSON.parse(event?.data ?? '{}') as { readonly reason?: string }).reason]
}

describe('proving the address of a signed-in person', () => {
  it('takes the mailed code once', async () => {
    const core = createTestCore()
    const user = await unproved(core)
    const requested = await request(core, user)
    expect(await verify(core, user, requested)).toEqual({ ok: true })
    expect((await core.store.findUser(user.id))?.emailVerifiedAt).toBe(core.clock.now())
    expect(await verify(core, user, requested)).toMatchObject({ reason: 'attempt_over' })
    expect(await lastEvent(core)).toEqual(['login.failure', user.id, 'spent'])
  })

  it('does not take the code of somebody else, and says so in the log', async () => {
    const core = createTestCore()
    const [user, other] = [await unproved(core), await unproved(core)]
    const ofOther = await request(core, other)
    expect(await verify(core, user, ofOther)).toMatchObject({ reason: 'attempt_over' })
    expect(await lastEvent(core)).toEqual(['login.failure', user.id, 'unknown'])
    expect((await core.store.findUser(user.id))?.emailVerifiedAt).toBeNull()
    expect(await verify(core, other, ofOther)).toEqual({ ok: true })
  })

  it('does not take it without the cookie of its browser, nor from the millisecond of its end', async () => {
    const core = createTestCore()
    const user = await unproved(core)
    const at = core.clock.now()
    const requested = await request(core, user)
    expect(await verify(core, user, { ...requested, binding: undefined })).toMatchObject({ reason: 'attempt_over' })
    core.clock.set(at + 5 * minuteMs)
    expect(await verify(core, user, requested)).toMatchObject({ reason: 'wrong_code' })
    expect(await lastEvent(core)).toEqual(['login.failure', user.id, 'code_expired'])
    core.clock.set(at + 5 * minuteMs - 1)
    expect(await verify(core, user, requested)).toEqual({ ok: true })
  })

  it('ends after five wrong codes, and asking again opens another attempt in the same budgets', async () => {
    const core = createTestCore()
    const user = await unproved(core)
    const requested = await request(core, user)
    const wrong = { ...requested, code: requested.code === '000000' ? '000001' : '000000' }
    const reasons = []
    for (let guess = 0; guess < 6; guess++) reasons.push(await verify(core, user, wrong))
    expect(reasons.map((result) => !result.ok && result.reason)).toEqual([
      ...Array.from({ length: 5 }, () => 'wrong_code'),
      'attempt_over',
    ])
    expect(await verify(core, user, requested)).toMatchObject({ reason: 'attempt_over' })
    expect(await verify(core, user, await request(core, user))).toEqual({ ok: true })
  })

  it('has one winner among 50 parallel proofs', async () => {
    const core = createTestCore()
    const user = await unproved(core)
    const requested = await request(core, user)
    const results = await Promise.all(Array.from({ length: 50 }, () => verify(core, user, requested)))
    expect(results.filter(({ ok }) => ok)).toHaveLength(1)
  })

  it('ends at the mails of the address, and the log says so', async () => {
    const core = createTestCore()
    const user = await unproved(core)
    for (let mail = 0; mail < 10; mail++) await request(core, user)
    const refused = await requestVerification(core, noContext, { user, mode: 'cookie', device: undefined })
    expect(refused).toEqual({ ok: false, reason: 'over_limit', retryAfterSeconds: 3_600 })
    expect(await lastEvent(core)).toEqual(['login.limited', user.id, 'over_limit'])
  })
})
