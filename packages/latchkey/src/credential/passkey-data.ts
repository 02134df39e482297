import type { Credential } from './credential.ts'

/** What a passkey may be used for: signing in by itself, standing beside another proof, or both. */
export type PasskeyUsage = 'primary' | 'factor' | 'both'

/** What the row of a passkey holds beside identifier and counter, as JSON. */
export interface PasskeyData {
  /** The credential id, base64url: up to 1,023 bytes (WebAuthn L3 section 7.1 step 25). The row's identifier is its SHA-256. */
  readonly credentialId: string
  /** COSE key, base64url. */
  readonly publicKey: string
  /** COSE algorithm, e.g. -7. */
  readonly algorithm: number
  /** As the authenticator told them: hints for the next ceremony. */
  readonly transports: readonly string[]
  readonly aaguid: string
  /** As shown to the person. */
  readonly name: string
  readonly usage: PasskeyUsage
  /** Whether it can be synced, and whether it is (WebAuthn L3 section 6.1.3). */
  readonly backupEligible: boolean
  readonly backedUp: boolean
  /** Whether it ever asked for a PIN or biometric (WebAuthn L3 section 4, `uvInitialized`): only then it can sign in by itself. */
  readonly uvInitialized: boolean
  /** The user handle under which it was made, base64url. */
  readonly userHandle: string
}

/** @throws TypeError for a row that no registration wrote */
export function parsePasskeyData(credential: Pick<Credential, 'data'>): PasskeyData {
  return JSON.parse(credential.data) as PasskeyData
}

/** What does not say what it is for counts as a second factor: the careful reading. */
export function passkeyUsage(credential: Pick<Credential, 'data'>): PasskeyUsage {
  const { usage } = JSON.parse(credential.data) as Partial<PasskeyData>
  return usage === 'primary' || usage === 'factor' ? usage : 'both'
}
