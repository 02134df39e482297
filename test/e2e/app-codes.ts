import { totpCodeFor } from '../../packages/latchkey/src/testing/test-totp.ts'

/** The clock of the server, which is this machine's. Its steps are taken one after the other: the one before, the present and the next are accepted now. */
export type Step = 'previous' | 'present' | 'next'

const offsets = { previous: -30_000, present: 0, next: 30_000 } as const satisfies Record<Step, number>

export function appCode(secret: string, step: Step): string {
  return totpCodeFor(secret, { now: () => Date.now() + offsets[step] })
}
