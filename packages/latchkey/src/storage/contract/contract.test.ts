import { describe, expect, it } from 'vitest'
import type { CommitResult } from '../../store/store.ts'
import { inLockOrder } from '../../store/lock-order.ts'
import { lostReasons, takenReasons } from '../../store/lost-reasons.ts'
import type { Write, WriteKind } from '../../store/writes.ts'
import { createMemoryStorage } from '../memory/memory-storage.ts'
import type { Storage } from '../storage.ts'
import type { ContractCapabilities, ContractDatabase } from './contract.ts'
import { storageContract } from './storage-contract.ts'

interface Case {
  /** Groups and name, joined with ` > `. */
  readonly name: string
  run(): Promise<void>
}

/** The cases of the suite for a storage, with runs that can be asked for one by one. */
function casesFor(
  breakIt: (storage: Storage) => Storage,
  capabilities: ContractCapabilities<ContractDatabase> = {},
): readonly Case[] {
  const cases: Case[] = []
  const path: string[] = []
  const createStorage = (): Promise<ContractDatabase> =>
    Promise.resolve({ storage: breakIt(createMemoryStorage()), cleanUp: () => Promise.resolve() })
  storageContract(
    { name: 'broken', createStorage, capabilities, rounds: 1 },
    {
      describe(name, define) {
        path.push(name)
        define()
        path.pop()
      },
      it: (name, run) => void cases.push({ name: [...path.slice(1), name].join(' > '), run }),
      afterAll: () => undefined,
    },
  )
  return cases
}

async function failuresOf(
  breakIt: (storage: Storage) => Storage,
  isWanted: (name: string) => boolean = () => true,
): Promise<readonly string[]> {
  const failed: string[] = []
  for (const { name, run } of casesFor(breakIt)) {
    if (isWanted(name)) await run().catch(() => failed.push(name))
  }
  return failed
}

function withoutIndex<Item>(items: readonly Item[], index: number): readonly Item[] {
  return items.toSpliced(index, 1)
}

/** Says that writes of this kind succeed even when their guard is lost, as far as `pretends` does. */
function ignoresGuard(kind: WriteKind, pretends: () => boolean = () => true): (storage: Storage) => Storage {
  return (storage) => ({
    ...storage,
    async commit(writes, now): Promise<CommitResult> {
      const result = await storage.commit(writes, now)
      const isMine = !result.ok && writes[result.lost.index]?.kind === kind
      if (!isMine || !pretends()) return result
      const rest = await this.commit(withoutIndex(writes, result.lost.index), now)
      return rest.ok ? { ok: true, changed: rest.changed.toSpliced(result.lost.index, 0, 1) } : rest
    },
  })
}

/** Reads before it writes: whoever reads while another is writing believes that the guard holds. */
function readsThenWrites(kind: WriteKind): (storage: Storage) => Storage {
  return (storage) => {
    let atWork = 0
    const ignoring = ignoresGuard(kind, () => atWork > 1)(storage)
    return {
      ...storage,
      async commit(writes, now) {
        atWork++
        try {
          return await ignoring.commit(writes, now)
        } finally {
          await Promise.resolve()
          atWork--
        }
      },
    }
  }
}

const kinds = Object.keys(lostReasons) as readonly WriteKind[]
const guardedKinds = kinds.filter((kind) => lostReasons[kind] !== null)

/** Guarded, but any number of callers may win; a special race, if any, stands in its place. */
const anyNumberWins: readonly WriteKind[] = ['updateProfile', 'setRoles', 'retryMessage', 'openSession']

const racedKinds = guardedKinds.filter((kind) => !anyNumberWins.includes(kind))

function lossOf(kind: WriteKind, reason = lostReasons[kind]): string {
  return ` > ${kind} > loses as ${reason} `
}

function raceOf(kind: WriteKind): string {
  return `races > ${kind}: one of 50 `
}

describe('the storage contract is complete', () => {
  const names = casesFor((storage) => storage).map(({ name }) => name)

  it('has cases for every kind of write', () => {
    const groups = new Set(names.flatMap((name) => name.split(' > ')))
    expect(kinds.filter((kind) => !groups.has(kind))).toEqual([])
  })

  it('has a case for every loss, named by its reason', () => {
    expect(guardedKinds.filter((kind) => !names.some((name) => name.includes(lossOf(kind))))).toEqual([])
  })

  it('has a case for every unique value that has a loss of its own', () => {
    const losses = Object.entries(takenReasons).map(([kind, reason]) => lossOf(kind as WriteKind, reason))
    expect(losses.filter((loss) => !names.some((name) => name.includes(loss)))).toEqual([])
  })

  it('has a race for every guard that one caller wins', () => {
    expect(racedKinds.filter((kind) => !names.some((name) => name.startsWith(raceOf(kind))))).toEqual([])
  })

  it('adds the cases of a capability only where it is given', () => {
    expect(names.filter((name) => /^(processes|faults) > /.test(name))).toEqual([])
    const never = (): Promise<never> => Promise.reject(new Error('not called'))
    const all = casesFor((storage) => storage, {
      openAnother: never,
      startPeer: never,
      cutConnections: never,
      breakCommit: never,
    })
    expect(all.map(({ name }) => name).filter((name) => /^(processes|faults) > /.test(name))).toHaveLength(9)
  })

  it('finds nothing wrong with a correct storage', async () => {
    expect(await failuresOf((storage) => storage)).toEqual([])
  })
})

describe('the storage contract finds', () => {
  it('every guard that is ignored, in the cases of that write', async () => {
    const unnoticed: WriteKind[] = []
    for (const kind of guardedKinds) {
      const failed = await failuresOf(ignoresGuard(kind), (name) => name.includes(` > ${kind} > `))
      if (!failed.some((name) => name.includes(lossOf(kind)))) unnoticed.push(kind)
    }
    expect(unnoticed).toEqual([])
  })

  it('every guard that is read before the write, in the race of that write, where single callers see nothing', async () => {
    const unnoticed: WriteKind[] = []
    for (const kind of racedKinds) {
      const failed = await failuresOf(readsThenWrites(kind), (name) => name.includes(kind))
      const isFound = failed.some((name) => name.startsWith(raceOf(kind)))
      if (!isFound || failed.some((name) => name.includes(lossOf(kind)))) unnoticed.push(kind)
    }
    expect(unnoticed).toEqual([])
  })

  it('a consume that always wins', async () => {
    const failed = await failuresOf(ignoresGuard('consumeChallenge'))
    expect(failed).toContain('challenges > consumeChallenge > loses as challenge_spent when it was spent')
    expect(failed).toContain('races > consumeChallenge: one of 50 spends it')
    expect(failed).toContain('charge races > an attempt and its spend: of 50 who know the code one is let in')
  })

  it('a budget that is read before it is written', async () => {
    const failed = await failuresOf((storage) => {
      const stamps = new Map<string, readonly number[]>()
      return {
        ...storage,
        async charge(charges, now) {
          for (const [index, charge] of charges.entries()) {
            if (charge.kind !== 'budget') return storage.charge(charges, now)
            const taken = (stamps.get(charge.key) ?? []).filter((at) => at > now - charge.windowMs)
            await Promise.resolve()
            if (taken.length >= charge.limit) {
              const retryAfterSeconds = Math.ceil(((taken[0] ?? now) + charge.windowMs - now) / 1_000)
              return { ok: false, lost: { index, reason: 'over_limit' }, retryAfterSeconds }
            }
            stamps.set(charge.key, [...taken, now])
          }
          return { ok: true, challenge: null, subject: undefined }
        },
      }
    })
    expect(failed).toContain('charge races > a budget of seven admits seven of 50')
    expect(failed).toContain('budgets > charge > takes all or none, wherever the refused one stands')
    expect(failed).not.toContain('budgets > charge > admits as many as the limit and says how long the next one waits')
  })

  it('a budget that counts by the clock’s minute', async () => {
    const failed = await failuresOf((storage) => ({
      ...storage,
      charge: (charges, now) =>
        storage.charge(
          charges.map((charge) => {
            if (charge.kind !== 'budget') return charge
            return { ...charge, key: `${charge.key}${Math.floor(now / charge.windowMs)}`.slice(-191) }
          }),
          now,
        ),
    }))
    expect(failed).toContain('budgets > charge > holds the ceiling in every phase of the window')
  })

  it('a commit that applies half', async () => {
    const failed = await failuresOf((storage) => ({
      ...storage,
      async commit(writes, now) {
        const changed = writes.map(() => 0)
        for (const { write, index } of inLockOrder(writes)) {
          const result = await storage.commit([write], now)
          if (!result.ok) return { ok: false, lost: { index, reason: result.lost.reason } }
          changed[index] = result.changed[0] ?? 0
        }
        return { ok: true, changed }
      },
    }))
    expect(failed).toContain('commits > commit > leaves nothing of any kind of write when the last one loses')
    expect(failed).not.toContain('commits > commit > applies one write of every kind at once')
  })

  it('a loss that is counted in lock order', async () => {
    const failed = await failuresOf((storage) => ({
      ...storage,
      async commit(writes, now) {
        const result = await storage.commit(writes, now)
        if (result.ok) return result
        const index = inLockOrder(writes).findIndex((ordered) => ordered.index === result.lost.index)
        return { ok: false, lost: { ...result.lost, index } }
      },
    }))
    expect(failed).toContain(
      'commits > commit > names the loser by its place in the caller’s list, though it applies in lock order',
    )
  })

  it('a collation that folds case or trailing spaces', async () => {
    const fold = (text: string): string => text.toLowerCase().trimEnd()
    const foldIdentifier = (write: Write): Write => {
      if (write.kind !== 'addCredential') return write
      return { ...write, credential: { ...write.credential, identifier: fold(write.credential.identifier) } }
    }
    const failed = await failuresOf((storage) => ({
      ...storage,
      commit: (writes, now) => storage.commit(writes.map(foldIdentifier), now),
      charge: (charges, now) =>
        storage.charge(
          charges.map((charge) => (charge.kind === 'budget' ? { ...charge, key: fold(charge.key) } : charge)),
          now,
        ),
    }))
    expect(failed).toEqual(
      expect.arrayContaining([
        'values > identifiers > are bytes: case, accents, trailing spaces and normal forms tell them apart',
        'budgets > charge > keeps budgets apart by every byte of the key, up to 191 of them',
      ]),
    )
  })

  it('an empty text that is read as absent', async () => {
    const failed = await failuresOf((storage) => ({
      ...storage,
      async findUser(id) {
        const user = await storage.findUser(id)
        return user && { ...user, name: user.name === '' ? null : user.name }
      },
    }))
    expect(failed).toEqual(['values > values > keeps absent apart from empty'])
  })

  it('a search that reads wildcards', async () => {
    const failed = await failuresOf((storage) => ({
      ...storage,
      listUsers: ({ search, ...request }) =>
        storage.listUsers(search?.startsWith('%') === true ? request : { ...request, ...(search && { search }) }),
    }))
    expect(failed).toEqual([
      'queries > listUsers > searches the beginning of the address, and takes every character for itself',
    ])
  })
})
