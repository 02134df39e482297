import type { Store } from '../store/store.ts'
import type { Write } from '../store/writes.ts'
import type { Charge } from '../throttle/budget.ts'

/** One call of the store, in the order in which they were made. */
export type StoreCall =
  | { readonly kind: 'query'; readonly name: string }
  | { readonly kind: 'charge'; readonly charges: readonly Charge[] }
  | { readonly kind: 'commit'; readonly writes: readonly Write[] }

export interface ObservedStorage<Observed extends Store> {
  readonly storage: Observed
  /** What was asked since the last `forget`. */
  readonly calls: readonly StoreCall[]
  forget(): void
  /** Runs once, just before the next commit: what another node does between reading and writing. */
  beforeNextCommit(work: () => Promise<unknown>): void
}

/**
 * The same storage, seen through: which queries, charges and commits a request costs, so that equal work is something that can be counted.
 *
 * @example
 * const observed = observeStorage(createMemoryStorage())
 * const test = createTestAuth({ storage: observed.storage })
 */
export function observeStorage<Observed extends Store>(storage: Observed): ObservedStorage<Observed> {
  let calls: StoreCall[] = []
  let interruption: (() => Promise<unknown>) | undefined

  const seen = new Proxy(storage, {
    get(target, name, receiver): unknown {
      const member: unknown = Reflect.get(target, name, receiver)
      if (typeof member !== 'function') return member
      return async (...input: readonly unknown[]): Promise<unknown> => {
        calls.push(callOf(String(name), input[0]))
        if (name === 'commit' && interruption !== undefined) {
          const work = interruption
          interruption = undefined
          await work()
        }
        return Reflect.apply(member, target, input) as unknown
      }
    },
  })
  return {
    storage: seen,
    get calls() {
      return calls
    },
    forget() {
      calls = []
    },
    beforeNextCommit(work) {
      interruption = work
    },
  }
}

function callOf(name: string, input: unknown): StoreCall {
  if (name === 'charge') return { kind: 'charge', charges: input as readonly Charge[] }
  if (name === 'commit') return { kind: 'commit', writes: input as readonly Write[] }
  return { kind: 'query', name }
}

/** What a list of calls costs, as text that two requests can be compared by: statements and kinds of writes, no values. */
export function costOf(calls: readonly StoreCall[]): readonly string[] {
  return calls.map((call) => {
    switch (call.kind) {
      case 'query':
        return call.name
      case 'charge':
        return `charge ${call.charges.map((charge) => (charge.kind === 'attempt' ? 'attempt' : budgetName(charge.key))).join(' ')}`
      case 'commit':
        return `commit ${call.writes.map((write) => write.kind).join(' ')}`
    }
  })
}

function budgetName(key: string): string {
  return key.slice(0, key.lastIndexOf('/'))
}
