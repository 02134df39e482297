import type { Random } from '../../platform/random.ts'
import type { Sleep } from '../../platform/sleep.ts'

export const mostTries = 5

/** Before the try that follows number `tries`: random, longer from try to try, so that those who collided do not meet again. */
export function pauseBeforeRepeat(
  tries: number,
  { random, sleep }: { readonly random: Random; readonly sleep: Sleep },
): Promise<void> {
  return sleep(2 + random.integer(5 * 2 ** tries))
}
