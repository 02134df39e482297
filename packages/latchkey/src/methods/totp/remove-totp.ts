import { isSecondFactor } from '../../assurance/factor-policy.ts'
import type { RequestContext } from '../../core/request-context.ts'
import { factorRemoved } from '../../credential/factor-change.ts'
import { orphanedRecoveryCodes } from '../../recovery/recovery-codes.ts'
import type { MethodPorts } from '../method.ts'
import type { Caller } from '../route.ts'

export type RemoveTotpResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'not_enrolled' | 'conflict' }

/** Every other session ends; with the last second factor the recovery codes go too, which stood in for it. */
export async function removeTotp(
  ports: MethodPorts,
  context: RequestContext,
  { user, session }: Caller,
): Promise<RemoveTotpResult> {
  const { store, clock } = ports
  const credentials = (await store.findSubject(user.id))?.credentials ?? []
  const removed = credentials.find(({ method }) => method === 'totp')
  if (removed === undefined) return { ok: false, reason: 'not_enrolled' }
  const rest = credentials.filter(({ id }) => id !== removed.id)
  const committed = await store.commit(
    [
      { kind: 'removeCredential', credentialId: removed.id, userId: user.id },
      ...orphanedRecoveryCodes(user.id, rest.some(isSecondFactor)),
      ...factorRemoved(ports, context, { user, sessionId: session.id, factor: 'totp' }),
    ],
    clock.now(),
  )
  return committed.ok ? { ok: true } : { ok: false, reason: 'conflict' }
}
