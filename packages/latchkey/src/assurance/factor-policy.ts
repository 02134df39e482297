import type { FactorName } from '../challenge/challenge-data.ts'
import type { Core } from '../core/core.ts'
import type { Credential, CredentialMethod } from '../credential/credential.ts'
import type { User } from '../user/user.ts'
import type { AmrEntry } from './assurance.ts'

export type FactorDecision =
  | { readonly kind: 'enough' }
  /** Another proof by one of these; `template` is the mail when the first of them is an e-mailed code. */
  | {
      readonly kind: 'more'
      readonly factors: readonly FactorName[]
      readonly why: 'enrolled' | 'always' | 'new_device' | 'unproved_address'
    }
  /** The policy asks for a second factor and the person has none to give. */
  | { readonly kind: 'impossible' }

/** Credentials that count as an enrolled second factor, and the factor names by which they are asked for. */
const secondFactors: { readonly [Method in CredentialMethod]?: FactorName } = {
  totp: 'totp',
  'recovery-code': 'recovery_code',
  passkey: 'passkey',
}

/** Recovery codes alone are no factor: they stand in for one that was lost. */
export function isSecondFactor(credential: Credential): boolean {
  return (
    credential.confirmedAt !== null &&
    credential.method !== 'recovery-code' &&
    secondFactors[credential.method] !== undefined
  )
}

/**
 * Whether what was proved opens a session, in one place for every way in (design rule 2):
 * an enrolled second factor is always asked for; `always` wants two different methods of everybody; a right password on an unknown
 * device wants the mailed code; an address that nobody proved yet has to be.
 */
export function decideFactors(
  { settings }: Pick<Core, 'settings'>,
  input: {
    readonly user: User
    readonly credentials: readonly Credential[]
    readonly proofs: readonly AmrEntry[]
    readonly knownDevice: boolean
  },
): FactorDecision {
  const { user, proofs, knownDevice } = input
  const confirmed = input.credentials.filter((credential) => credential.confirmedAt !== null)
  const proved = new Set(proofs.map((proof) => proof.method))
  const hasMailed = proofs.some((proof) => proof.channel === 'email')

  const enrolled = [...new Set(confirmed.flatMap((credential) => secondFactors[credential.method] ?? []))]
  const isEnrolled = confirmed.some(isSecondFactor)
  if (isEnrolled) {
    const given = confirmed.some(
      (credential) => secondFactors[credential.method] !== undefined && proved.has(credential.method),
    )
    if (!given || proved.size < 2) return { kind: 'more', factors: enrolled, why: 'enrolled' }
  }
  if (user.emailVerifiedAt === null && !hasMailed)
    return { kind: 'more', factors: ['email_code'], why: 'unproved_address' }
  if (isEnrolled) return { kind: 'enough' }

  if (settings.secondFactor.policy === 'always' && proved.size < 2) {
    if (!hasMailed) return { kind: 'more', factors: ['email_code'], why: 'always' }
    const hasPassword = confirmed.some((credential) => credential.method === 'password')
    return hasPassword ? { kind: 'more', factors: ['password'], why: 'always' } : { kind: 'impossible' }
  }
  if (settings.secondFactor.newDeviceCode && proved.has('password') && !hasMailed && !knownDevice) {
    return { kind: 'more', factors: ['email_code'], why: 'new_device' }
  }
  return { kind: 'enough' }
}
