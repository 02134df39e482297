import type { KeyRing } from '../secrets/key-ring.ts'
import { parseSessionId, type SessionId } from './session.ts'

/** `<id>.<secret>` of the session cookie, spelled right; whether it is anybody's, the store says. */
export function parseSessionToken(
  keys: KeyRing,
  text: string,
): { readonly id: SessionId; readonly digest: string } | undefined {
  const id = text.indexOf('.') === 36 ? parseSessionId(text.slice(0, 36)) : undefined
  const digest = id === undefined ? undefined : keys.digestToken('session', text.slice(37))
  return id === undefined || digest === undefined ? undefined : { id, digest }
}
