import { appendEvent } from '../../audit/append-event.ts'
import { mayRecordRefusal } from '../../audit/record-rejection.ts'
import { openChallengeData } from '../../challenge/challenge-data.ts'
import { attemptCharge, parseHandle } from '../../challenge/handle.ts'
import type { RequestContext } from '../../core/request-context.ts'
import type { Credential } from '../../credential/credential.ts'
import { factorAdded } from '../../credential/factor-change.ts'
import { issueRecoveryCodes } from '../../recovery/recovery-codes.ts'
import { renewSession } from '../../session/renew-session.ts'
import { endingWrites } from '../../session/revoke-sessions.ts'
import type { SessionSecrets } from '../../session/session-secrets.ts'
import type { Session } from '../../session/session.ts'
import type { MethodPorts } from '../method.ts'
import type { Caller } from '../route.ts'
import { matchStep } from './one-time-password.ts'
import { totpProof, type TotpOptions } from './options.ts'
import { openSecret } from './secret-at-rest.ts'

export type ConfirmEnrolmentResult =
  | {
      readonly ok: true
      /** The session goes on, raised to what it proved, under new `secrets`. */
      readonly session: Session
      readonly secrets: SessionSecrets
      /** Empty where the person keeps older ones, and where the installation has none. */
      readonly recoveryCodes: readonly string[]
      readonly recoveryCodesLeft: number
    }
  | { readonly ok: false; readonly reason: 'attempt_over' | 'wrong_code' | 'conflict' }

/**
 * The code proves that the app holds the secret: it is enrolled, in place of an older one, in the commit that spends the enrolment. The code's own
 * step is spent with it. Guesses are charged against the enrolment alone: whoever confirms was shown the secret.
 */
export async function confirmEnrolment(
  ports: MethodPorts,
  { encrypter }: TotpOptions,
  context: RequestContext,
  { user, session, factorId, code }: Caller & { readonly factorId: string; readonly code: string },
): Promise<ConfirmEnrolmentResult> {
  const { store, clock, keys } = ports
  const now = clock.now()
  const handle = parseHandle(keys, factorId)
  if (handle === undefined) return fail('attempt_over')
  const charged = await store.charge(
    [attemptCharge(keys, handle, { binding: undefined, purposes: ['totp-enrolment'] })],
    now,
  )
  const challenge = charged.ok ? charged.challenge : null
  if (challenge === null) return fail('attempt_over')
  const pending = openChallengeData(keys, 'totp-enrolment', challenge)
  if (pending.userId !== user.id || pending.sessionId !== session.id) return fail('attempt_over')
  const id = pending.credentialId
  const secret = await openSecret(ports, encrypter, { id, secret: pending.secret, data: pending.data })
  const step = matchStep(secret, code, { at: now, lastStep: 0 })
  if (step === undefined) return fail('wrong_code')

  const subject = await store.findSubject(user.id)
  const credentials = subject?.credentials ?? []
  const replaced = credentials.some(({ method }) => method === 'totp')
  const kept = credentials.filter(({ method }) => method === 'recovery-code').length
  const issued = ports.recoveryCodes && kept === 0 ? issueRecoveryCodes(ports, user.id) : undefined
  const credential: Credential = {
    id,
    userId: user.id,
    method: 'totp',
    // One a person.
    identifier: user.id,
    secret: pending.secret,
    data: pending.data,
    confirmedAt: now,
    createdAt: now,
    updatedAt: now,
    lastUsedAt: null,
    counter: step,
  }
  const renewed = renewSession(ports, session, [{ ...totpProof, at: now }])
  const committed = await store.commit(
    [
      { kind: 'consumeChallenge', challengeId: challenge.id },
      // Whoever holds the app that goes is out, as after any factor that is removed.
      ...(replaced ? endingWrites(user, session.id, 'factor_removed') : []),
      // A fresh row: a code of the old secret that is being checked at this moment finds its row gone.
      { kind: 'removeCredentials', userId: user.id, methods: ['totp'] },
      { kind: 'addCredential', credential },
      ...factorAdded(ports, context, { user, sessionId: session.id, factor: 'totp', data: { replaced } }),
      ...(issued === undefined
        ? []
        : [
            ...issued.writes,
            appendEvent(ports, context, {
              kind: 'recovery_codes.issued',
              user,
              sessionId: session.id,
              data: { count: issued.codes.length },
            }),
          ]),
      renewed.write,
      { kind: 'appendChange', userId: user.id, sessionId: session.id },
    ],
    now,
  )
  if (!committed.ok) return fail(committed.lost.reason === 'challenge_spent' ? 'attempt_over' : 'conflict')
  return {
    ok: true,
    session: renewed.session,
    secrets: renewed.secrets,
    recoveryCodes: issued?.codes ?? [],
    recoveryCodesLeft: issued?.codes.length ?? kept,
  }

  async function fail<Reason extends string>(reason: Reason): Promise<{ readonly ok: false; readonly reason: Reason }> {
    if (await mayRecordRefusal(ports, context, reason)) {
      const event = { kind: 'totp.enrolment_failed', user, sessionId: session.id, data: { reason } } as const
      await store.commit([appendEvent(ports, context, event)], clock.now())
    }
    return { ok: false, reason }
  }
}
