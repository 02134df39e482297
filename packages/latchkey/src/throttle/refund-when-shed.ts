import type { Core } from '../core/core.ts'
import { LatchkeyError } from '../platform/errors.ts'
import type { Write } from '../store/writes.ts'

/**
 * Runs what the charges paid for. When the work was shed before it began (503), nothing was compared: the charges are given back, so that
 * an overload does not use up the limits of those who come again. A try at a challenge is not given back: nothing gives those back.
 *
 * @throws what `work` throws
 */
export async function refundWhenShed<Result>(
  { store, clock }: Pick<Core, 'store' | 'clock'>,
  refunds: readonly Write[],
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof LatchkeyError && error.code === 'hashing_overloaded') await store.commit(refunds, clock.now())
    throw error
  }
}
