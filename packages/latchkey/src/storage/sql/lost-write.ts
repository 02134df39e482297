import { lostReasons, takenReasons, type LostReason } from '../../store/lost-reasons.ts'
import type { WriteKind } from '../../store/writes.ts'

/** Which constraint refused a statement. */
export type Violation = 'unique' | 'reference'

/**
 * What a refused constraint is reported as. The only references are to the user: where the row of a write needs one that is gone, the
 * write has lost, even if it has no guard of its own. `undefined`: an id that should have been fresh was not, which is a fault.
 */
export function lostByViolation(kind: WriteKind, violation: Violation): LostReason | undefined {
  if (violation === 'unique') return takenReasons[kind] ?? lostReasons[kind] ?? undefined
  return kind === 'openSession' ? 'epoch_changed' : 'unknown_user'
}

/** What a guard that touched no row is reported as. */
export function lostByGuard(kind: WriteKind): LostReason {
  const reason = lostReasons[kind]
  if (reason === null) throw new TypeError(`${kind} has no guard to lose`)
  return reason
}
