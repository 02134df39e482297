import type { Credential, CredentialId } from '../credential/credential.ts'
import { passkeyUsage } from '../credential/passkey-data.ts'

/** Which first factors this installation offers. */
export interface WaysIn {
  /** A mailed code or link: open to everybody with an address. */
  readonly mail: boolean
  readonly password: boolean
  readonly passkey: boolean
  readonly oauth: boolean
}

/** Whether the person could still begin a sign-in without this credential. Never remove the last way in. */
export function isLastWayIn(waysIn: WaysIn, credentials: readonly Credential[], removed: CredentialId): boolean {
  if (waysIn.mail) return false
  return !credentials.some((credential) => credential.id !== removed && beginsSignIn(waysIn, credential))
}

function beginsSignIn(waysIn: WaysIn, credential: Credential): boolean {
  if (credential.confirmedAt === null) return false
  switch (credential.method) {
    case 'password':
      return waysIn.password
    case 'oauth':
      return waysIn.oauth
    case 'passkey':
      return waysIn.passkey && passkeyUsage(credential) !== 'factor'
    case 'totp':
    case 'recovery-code':
      return false
  }
}
