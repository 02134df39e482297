import { toBase64Url, toUtf8 } from '../../../platform/bytes.ts'
import { equal } from '../../../secrets/equal.ts'
import { sha256 } from '../../../secrets/sha256.ts'
import type { AuthenticatorData } from './authenticator-data.ts'
import type { CeremonyRejection, Expectation } from './expectation.ts'

/** Steps 14 to 17 of WebAuthn L3 section 7.1, which are 15 to 18 of section 7.2. */
export function judgeAuthenticatorData(data: AuthenticatorData, expected: Expectation): CeremonyRejection | undefined {
  if (!equal(toBase64Url(data.rpIdHash), toBase64Url(sha256(toUtf8(expected.rpId))))) return 'wrong_rp'
  if (!data.userPresent) return 'user_absent'
  if (expected.userVerification && !data.userVerified) return 'user_unverified'
  if (data.backedUp && !data.backupEligible) return 'wrong_backup_flags'
  return undefined
}
