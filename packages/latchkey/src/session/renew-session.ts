import { aalOf, type AmrEntry } from '../assurance/assurance.ts'
import type { Core } from '../core/core.ts'
import type { Write } from '../store/writes.ts'
import { mintSessionSecrets, type SessionSecrets } from './session-secrets.ts'
import type { Session } from './session.ts'

/**
 * A session whose owner has just authenticated again goes on under new secrets (ASVS 7.2.4), at the level of all that it has proved, never at a
 * lower one: whoever copied the old cookie or refresh token stays behind. The write belongs into the commit of what the proofs were for. An old
 * refresh token is then of a strange family: unknown, without effect.
 */
export function renewSession(
  core: Pick<Core, 'keys' | 'random' | 'clock'>,
  session: Session,
  proofs: readonly AmrEntry[],
): { readonly session: Session; readonly secrets: SessionSecrets; readonly write: Write } {
  const { secrets, digests } = mintSessionSecrets(core, session.id, session.mode)
  const renewedMethods = new Set(proofs.map(({ method }) => method))
  const amr = [...session.amr.filter(({ method }) => !renewedMethods.has(method)), ...proofs]
  const { id: sessionId } = session
  const aal = session.aal === 2 ? 2 : aalOf(amr)
  const authenticatedAt = core.clock.now()
  const from = session.secretDigest ?? session.turnDigest ?? ''
  return {
    session: { ...session, ...digests, aal, amr, authenticatedAt },
    secrets,
    write: { kind: 'renewSession', sessionId, from, digests, aal, amr, authenticatedAt },
  }
}
