import type { Core } from '../core/core.ts'
import { mintRefreshToken } from './refresh-token.ts'
import type { Session, SessionId, SessionMode } from './session.ts'

/** Secrets that the caller gets with a session, by its mode. */
export type SessionSecrets =
  | { readonly mode: 'cookie'; readonly sessionToken: string }
  | { readonly mode: 'token'; readonly refreshToken: string }

/** What the row of a session keeps of them. */
export type SessionDigests = Pick<
  Session,
  'mode' | 'secretDigest' | 'familyDigest' | 'turnDigest' | 'previousTurnDigest' | 'turnSalt' | 'turnedAt'
>

export function mintSessionSecrets(
  { keys, random }: Pick<Core, 'keys' | 'random'>,
  id: SessionId,
  mode: SessionMode,
): { readonly secrets: SessionSecrets; readonly digests: SessionDigests } {
  const none = { secretDigest: null, familyDigest: null, turnDigest: null, previousTurnDigest: null }
  const unturned = { ...none, turnSalt: null, turnedAt: null }
  if (mode === 'cookie') {
    const { token, digest } = keys.mintToken('session')
    return { secrets: { mode, sessionToken: `${id}.${token}` }, digests: { mode, ...unturned, secretDigest: digest } }
  }
  const { text, familyDigest, turnDigest } = mintRefreshToken(keys, random, id)
  return { secrets: { mode, refreshToken: text }, digests: { mode, ...unturned, familyDigest, turnDigest } }
}
