import type { Core } from '../../core/core.ts'
import type { Credential, CredentialId } from '../../credential/credential.ts'
import type { PasskeyData, PasskeyUsage } from '../../credential/passkey-data.ts'
import { brand } from '../../platform/brand.ts'
import type { UserId } from '../../user/user.ts'
import { passkeyIdentifier } from './prove-passkey.ts'
import { nameOfAuthenticator } from './webauthn/authenticator-names.ts'
import type { RegisteredCredential } from './webauthn/verify-registration.ts'

/** The row of a credential that was registered just now. */
export function newPasskey(
  { ids, clock }: Pick<Core, 'ids' | 'clock'>,
  userId: UserId,
  registered: RegisteredCredential,
  { name, usage, userHandle }: { readonly name: string | undefined } & Pick<PasskeyData, 'usage' | 'userHandle'>,
): Credential {
  const now = clock.now()
  const { credentialId, publicKey, algorithm, transports, aaguid, backupEligible, backedUp } = registered
  const data: PasskeyData = {
    credentialId,
    publicKey,
    algorithm,
    transports,
    aaguid,
    name: name ?? nameOfAuthenticator(aaguid),
    usage,
    backupEligible,
    backedUp,
    uvInitialized: registered.userVerified,
    userHandle,
  }
  const identifier = passkeyIdentifier(credentialId)
  if (identifier === undefined) throw new TypeError('a verified registration has an id')
  return {
    id: brand<CredentialId>(ids.next()),
    userId,
    method: 'passkey',
    identifier,
    secret: null,
    data: JSON.stringify(data),
    confirmedAt: now,
    createdAt: now,
    updatedAt: now,
    lastUsedAt: null,
    counter: registered.counter,
  }
}

/**
 * A key that asked for no PIN and no biometric cannot sign anybody in by itself: `both` shrinks to what it can do. `undefined` where it was meant
 * for nothing else.
 */
export function possibleUsage(wanted: PasskeyUsage, userVerified: boolean): PasskeyUsage | undefined {
  if (userVerified) return wanted
  return wanted === 'primary' ? undefined : 'factor'
}
