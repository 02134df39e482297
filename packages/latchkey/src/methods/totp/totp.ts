import type { RequestContext } from '../../core/request-context.ts'
import { chargeAttempt, type ChargeAttemptResult } from '../../sign-in/charge-attempt.ts'
import type { ContinuedAttempt } from '../../sign-in/continue-attempt.ts'
import { recordWrongFactor } from '../../sign-in/wrong-factor.ts'
import { factorCharges, refundsOf } from '../../throttle/charges.ts'
import type { MethodPorts } from '../method.ts'
import type { Presented } from '../route.ts'
import { matchStep } from './one-time-password.ts'
import { totpProof, type TotpOptions } from './options.ts'
import { openSecret } from './secret-at-rest.ts'

export type ProveTotpResult =
  | { readonly ok: true; readonly attempt: ContinuedAttempt }
  | Extract<ChargeAttemptResult, { readonly ok: false }>
  | { readonly ok: false; readonly reason: 'wrong_code'; readonly retryAfterSeconds: number }

/**
 * Is this a code of the person's app, of a step that was not spent? Charged first; the step is spent in the door's commit, so that of parallel callers
 * with one code one wins (RFC 6238 section 5.2, ASVS 6.5.1).
 */
export async function proveTotp(
  ports: MethodPorts,
  { encrypter }: TotpOptions,
  context: RequestContext,
  { attempt, presented, code }: { readonly attempt: string; readonly presented: Presented; readonly code: string },
): Promise<ProveTotpResult> {
  const { store, clock } = ports
  const { binding, device } = presented
  const charged = await chargeAttempt(
    ports,
    context,
    { attempt, binding, device },
    { factor: 'totp', method: 'totp', charges: (asking) => factorCharges(ports, asking) },
  )
  if (!charged.ok) return charged
  const { challenge, subject, recognised, at, charges, writes } = charged
  const credential = subject?.credentials.find(({ method, confirmedAt }) => method === 'totp' && confirmedAt !== null)
  const step = credential && matchStep(await open(credential), code, { at, lastStep: credential.counter })
  if (credential === undefined || step === undefined) {
    await recordWrongFactor(ports, context, { method: 'totp', reason: 'wrong_code', challenge, user: subject?.user })
    return { ok: false, reason: 'wrong_code', retryAfterSeconds: 0 }
  }
  return {
    ok: true,
    attempt: {
      challenge,
      factor: 'totp',
      proofs: [{ ...totpProof, at }],
      writes: [...writes, { kind: 'advanceTotpStep', credentialId: credential.id, step }],
      presented,
      subject,
      recognised,
    },
  }

  /** A key service that is away must not use up the person's tries of the day: nothing was compared. */
  async function open(sealed: Parameters<typeof openSecret>[2]): Promise<string> {
    try {
      return await openSecret(ports, encrypter, sealed)
    } catch (error) {
      await store.commit(refundsOf(charges, at), clock.now())
      throw error
    }
  }
}
