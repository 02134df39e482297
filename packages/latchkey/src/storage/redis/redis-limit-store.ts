import { parseChallengeId } from '../../challenge/challenge.ts'
import { LatchkeyError } from '../../platform/errors.ts'
import type { AttachedLimits, LimitedStore, LimitStore, LimitStorePorts } from '../../store/limit-store.ts'
import type { ChargeResult } from '../../store/store.ts'
import type { WriteOf } from '../../store/writes.ts'
import type { Charge } from '../../throttle/budget.ts'
import { lostAttempt } from '../../throttle/lost-attempt.ts'
import type { EmailAddress } from '../../user/email-address.ts'
import { createChargedElsewhere } from './charged-elsewhere.ts'
import { createRedisBudgets } from './redis-budgets.ts'
import { openRedis } from './redis-connection.ts'
import { createWatchedConnection } from './watched-connection.ts'

export interface RedisLimitStoreOptions {
  /** `redis://user:password@host:6379/0`; `rediss:` for TLS. */
  readonly url: string
  /** In front of every key. Default `latchkey:`. */
  readonly prefix?: string
  /** When Redis has answered nothing for so long, the database takes the charges; noticed within twice that. Default 250 ms. */
  readonly timeoutMs?: number
}

/**
 * Keeps the budgets of all limits in Redis: the same exact ceilings, without a row written for each request. Attempts at codes stay in the
 * database with their codes. While Redis does not answer the database keeps the budgets: nobody guesses without limit and nobody is
 * locked out, but a budget has room for its limit in each of the two.
 *
 * @throws LatchkeyError `config_invalid`
 * @example
 * const auth = createAuth({ storage, limitStore: createRedisLimitStore({ url: 'redis://127.0.0.1:6379' }), … })
 */
export function createRedisLimitStore(options: RedisLimitStoreOptions): LimitStore {
  if (!/^rediss?:$/.test(URL.parse(options.url)?.protocol ?? ''))
    throw new LatchkeyError(
      'config_invalid',
      'The address of Redis is not of the form redis://user:password@host:6379.',
    )
  return { attach: (store, ports) => attach(options, store, ports) }
}

function attach(
  { url, prefix = 'latchkey:', timeoutMs = 250 }: RedisLimitStoreOptions,
  store: LimitedStore,
  ports: LimitStorePorts,
): AttachedLimits {
  const connection = createWatchedConnection(ports, (onLost) =>
    openRedis({ url, timeoutMs }, { timers: ports.timers, probeKey: `${prefix}probe`, onLost }),
  )
  const budgets = createRedisBudgets(connection, prefix)
  const inDatabase = createChargedElsewhere()

  return {
    async charge(charges, now, subjectOf) {
      const listed = charges.filter((charge) => charge.kind === 'budget')
      if (listed.length === 0) return store.charge(charges, now, subjectOf)
      const taken = await budgets.charge(listed, now)
      if (taken === undefined) {
        ports.onFallback()
        const charged = await store.charge(charges, now, subjectOf)
        if (charged.ok) inDatabase.add(listed, now)
        return charged
      }
      if (!taken.ok) {
        const index = placed(charges).filter(isBudget)[taken.index]?.index ?? 0
        const lost = await lostAttemptBefore(store, charges.slice(0, index), now)
        return lost ?? { ok: false, lost: { index, reason: 'over_limit' }, retryAfterSeconds: taken.retryAfterSeconds }
      }
      // Who is not charged in the end was shown nothing to compare with, so giving the budgets back buys no guess.
      let isCharged = false
      try {
        const charged = await chargeRest(store, charges, now, subjectOf)
        isCharged = charged.ok
        return charged
      } finally {
        if (!isCharged) await budgets.refund(listed.map(({ key }) => ({ key, at: now })))
      }
    },

    async commit(writes, now) {
      const refunds = placed(writes)
        .filter(isRefund)
        .filter(({ item }) => !inDatabase.has(item))
      if (refunds.length === 0) return store.commit(writes, now)
      const given = new Set(refunds.map(({ index }) => index))
      const others = placed(writes).filter(({ index }) => !given.has(index))
      const done = await store.commit(
        others.map(({ item }) => item),
        now,
      )
      if (!done.ok) {
        const { index, reason } = done.lost
        return { ok: false, lost: { index: others[index]?.index ?? 0, reason } }
      }
      // After the commit, and once: a crash between the two leaves a charge too many, never one too few.
      const counts = await budgets.refund(refunds.map(({ item }) => item))
      const changed = writes.map(() => 0)
      for (const [place, { index }] of others.entries()) changed[index] = done.changed[place] ?? 0
      for (const [place, { index }] of refunds.entries()) changed[index] = counts[place] ?? 0
      return { ok: true, changed }
    },

    start: () => connection.start(),
    fallenBackMs: () => connection.lostMs(),
    close: () => connection.close(),
  }
}

interface Placed<Item> {
  readonly item: Item
  /** Its place in the caller's list. */
  readonly index: number
}

function placed<Item>(items: readonly Item[]): readonly Placed<Item>[] {
  return items.map((item, index) => ({ item, index }))
}

function isBudget(charge: Placed<Charge>): charge is Placed<Extract<Charge, { readonly kind: 'budget' }>> {
  return charge.item.kind === 'budget'
}

function isRefund<Item extends { readonly kind: string }>(
  write: Placed<Item>,
): write is Placed<Item & WriteOf<'refundBudget'>> {
  return write.item.kind === 'refundBudget'
}

/** The attempts, and who it is, from the database. */
async function chargeRest(
  store: LimitedStore,
  charges: readonly Charge[],
  now: number,
  subjectOf: EmailAddress | undefined,
): Promise<ChargeResult> {
  if (charges.every(({ kind }) => kind === 'budget'))
    return { ok: true, challenge: null, subject: subjectOf && (await store.findSubjectByEmail(subjectOf)) }
  const attempts = placed(charges).filter(({ item }) => item.kind === 'attempt')
  const charged = await store.charge(
    attempts.map(({ item }) => item),
    now,
    subjectOf,
  )
  if (charged.ok) return charged
  const { index, reason } = charged.lost
  return { ...charged, lost: { index: attempts[index]?.index ?? 0, reason } }
}

/** The first charge that is refused is named, also where an attempt stands in front of a budget that has no room. */
async function lostAttemptBefore(
  store: LimitedStore,
  charges: readonly Charge[],
  now: number,
): Promise<ChargeResult | undefined> {
  for (const [index, charge] of charges.entries()) {
    if (charge.kind === 'budget') continue
    const id = parseChallengeId(charge.challengeId)
    const reason = lostAttempt(id && (await store.findChallenge(id)), charge, now)
    if (reason !== null) return { ok: false, lost: { index, reason }, retryAfterSeconds: 0 }
  }
  return undefined
}
