import type { FactorName } from '../challenge/challenge-data.ts'
import type { Core } from '../core/core.ts'
import type { Credential, CredentialMethod } from '../credential/credential.ts'
import { passkeyUsage } from '../credential/passkey-data.ts'
import type { User } from '../user/user.ts'
import { aalOf, isMultiFactor, type AmrEntry } from './assurance.ts'

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

/** Recovery codes alone are no factor: they stand in for one that was lost. A passkey may be meant for signing in by itself alone. */
export function isSecondFactor(credential: Credential): boolean {
  return credential.method !== 'recovery-code' && factorOf(credential) !== undefined
}

/** By which name the credential may answer for a second factor; `undefined` when it may not. */
function factorOf(credential: Credential): FactorName | undefined {
  if (credential.confirmedAt === null) return undefined
  if (credential.method === 'passkey' && passkeyUsage(credential) === 'primary') return undefined
  return secondFactors[credential.method]
}

/** The second factors that a person has enrolled, as an attempt asks for them; recovery codes beside them, never by themselves. */
export function enrolledFactors(credentials: readonly Credential[]): readonly FactorName[] {
  if (!credentials.some(isSecondFactor)) return []
  return [...new Set(credentials.flatMap((credential) => factorOf(credential) ?? []))]
}

/** Whether one of the enrolled second factors, or a recovery code in its place, is among the proofs. The code is spent by then; it may have been the last. */
export function provesEnrolled(credentials: readonly Credential[], proofs: readonly AmrEntry[]): boolean {
  const proved = new Set(proofs.map((proof) => proof.method))
  if (proved.has('recovery-code') && credentials.some(isSecondFactor)) return true
  return credentials.some((credential) => factorOf(credential) !== undefined && proved.has(credential.method))
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

  const enrolled = enrolledFactors(confirmed)
  const isEnrolled = enrolled.length > 0
  // AAL2 is as much as any second factor can give: a verified passkey is not asked for an authenticator app on top.
  const isGiven = aalOf(proofs) === 2 || (provesEnrolled(confirmed, proofs) && isMultiFactor(proofs))
  if (isEnrolled && !isGiven) return { kind: 'more', factors: enrolled, why: 'enrolled' }
  if (user.emailVerifiedAt === null && !hasMailed)
    return { kind: 'more', factors: ['email_code'], why: 'unproved_address' }
  if (isEnrolled) return { kind: 'enough' }

  if (settings.secondFactor.policy === 'always' && !isMultiFactor(proofs)) {
    if (!hasMailed) return { kind: 'more', factors: ['email_code'], why: 'always' }
    const hasPassword = confirmed.some((credential) => credential.method === 'password')
    return hasPassword ? { kind: 'more', factors: ['password'], why: 'always' } : { kind: 'impossible' }
  }
  if (settings.secondFactor.newDeviceCode && proved.has('password') && !hasMailed && !knownDevice) {
    return { kind: 'more', factors: ['email_code'], why: 'new_device' }
  }
  return { kind: 'enough' }
}
