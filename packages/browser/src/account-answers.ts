import type { FactorId, Outcome } from './answers.ts'

/** What is set up for signing in, without anything secret. */
export interface Factors {
  readonly password: boolean
  readonly totp: { readonly enrolledAt: string } | null
  readonly passkeys: number
  readonly identities: number
  /** How many recovery codes are left. */
  readonly recoveryCodes: number
  /** What a sign-in asks for beside the first proof; empty when nothing is enrolled. */
  readonly secondFactors: readonly FactorId[]
}

/** A new authenticator app, worth nothing until its first code confirmed it. Shown once. */
export interface TotpEnrolment {
  readonly factorId: string
  /** Base32, for typing it. */
  readonly secret: string
  /** `otpauth://…`, what the QR code says. */
  readonly uri: string
  readonly qrCodeDataUrl: string
}

/** `primary` signs in by itself, `factor` stands beside another proof. */
export type PasskeyUsage = 'primary' | 'factor' | 'both'

export interface Passkey {
  readonly id: string
  readonly name: string
  readonly usage: PasskeyUsage
  /** Whether it is kept in step between the person's devices. */
  readonly synced: boolean
  readonly createdAt: string
  readonly lastUsedAt: string | null
}

/** An account of a provider that signs in here. */
export interface Identity {
  readonly id: string
  /** Id of the provider, as in `Config`. */
  readonly provider: string
  /** As the provider told them. */
  readonly email: string | null
  readonly name: string | null
  readonly picture: string | null
  readonly linkedAt: string
}

/** One of the person's own audit events. */
export interface ActivityEvent {
  readonly id: string
  readonly kind: string
  readonly at: string
}

export type FactorsResult = Outcome<{ readonly factors: Factors }>
export type TotpEnrolmentResult = Outcome<TotpEnrolment>
/** `recoveryCodes` is empty where older ones go on being valid. */
export type TotpConfirmedResult = Outcome<{
  readonly recoveryCodes: readonly string[]
  readonly recoveryCodesLeft: number
}>
/** The codes are shown this once; the server keeps digests. */
export type RecoveryCodesResult = Outcome<{ readonly recoveryCodes: readonly string[] }>
export type PasskeysResult = Outcome<{ readonly passkeys: readonly Passkey[] }>
/** With the first second factor come recovery codes, shown this once. */
export type PasskeyResult = Outcome<{ readonly passkey: Passkey; readonly recoveryCodes?: readonly string[] }>
export type IdentitiesResult = Outcome<{ readonly identities: readonly Identity[] }>
export type IdentityResult = Outcome<{ readonly identity: Identity }>
export type ActivityResult = Outcome<{
  readonly events: readonly ActivityEvent[]
  readonly nextCursor: string | null
}>

/** The first half of a passkey ceremony: what the browser is asked, and the ticket that goes back with its answer. */
export type PasskeyCreation = Outcome<{
  readonly options: PublicKeyCredentialCreationOptionsJSON
  readonly ticket: string
}>
export type PasskeyRequest = Outcome<{
  readonly options: PublicKeyCredentialRequestOptionsJSON
  readonly ticket: string
}>
