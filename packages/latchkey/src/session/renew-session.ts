import type { AmrEntry } from '../assurance/assurance.ts'
import type { Core } from '../core/core.ts'
import type { Write } from '../store/writes.ts'
import { mintSessionSecrets, type SessionSecrets } from './session-secrets.ts'
import type { Session } from './session.ts'

/**
 * A session whose owner has just authenticated again goes on under new secrets (ASVS 7.2.4): whoever copied the old cookie or refresh token
 * stays behind. The write belongs into the commit of what the proof was for. An old refresh token is then of a strange family: unknown,
 * without effect.
 */
export function renewSession(
  core: Pick<Core, 'keys' | 'random'>,
  session: Session,
  proof: AmrEntry,
): { readonly session: Session; readonly secrets: SessionSecrets; readonly write: Write } {
  const { secrets, digests } = mintSessionSecrets(core, session.id, session.mode)
  const amr = [...session.amr.filter(({ method }) => method !== proof.method), proof]
  const { id: sessionId, aal } = session
  const authenticatedAt = proof.at
  const from = session.secretDigest ?? session.turnDigest ?? ''
  return {
    session: { ...session, ...digests, amr, authenticatedAt },
    secrets,
    write: { kind: 'renewSession', sessionId, from, digests, aal, amr, authenticatedAt },
  }
}
