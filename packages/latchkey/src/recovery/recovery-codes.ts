import type { Core } from '../core/core.ts'
import type { Credential, CredentialId } from '../credential/credential.ts'
import { brand } from '../platform/brand.ts'
import type { Random } from '../platform/random.ts'
import type { KeyRing } from '../secrets/key-ring.ts'
import type { Write } from '../store/writes.ts'
import type { UserId } from '../user/user.ts'

/** How many a person gets at once. */
export const recoveryCodeCount = 10

/** Crockford's base 32: no letter that is read as a digit. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
const codeLength = 10

/**
 * Ten codes that stand in for a lost second factor (NIST SP 800-63B-4 section 3.1.2, look-up secrets): 50 bits each, shown once, kept as keyed
 * digests, one row a code, so that spending one is removing its row. The writes drop all older ones.
 */
export function issueRecoveryCodes(
  { keys, ids, clock, random }: Pick<Core, 'keys' | 'ids' | 'clock' | 'random'>,
  userId: UserId,
): { readonly codes: readonly string[]; readonly writes: readonly Write[] } {
  const now = clock.now()
  const codes = new Set<string>()
  while (codes.size < recoveryCodeCount) codes.add(mintRecoveryCode(random))
  const rows = [...codes].map((code): Credential => ({
    id: brand<CredentialId>(ids.next()),
    userId,
    method: 'recovery-code',
    identifier: keys.digestCode('recovery-code', userId, code),
    secret: null,
    data: '{}',
    confirmedAt: now,
    createdAt: now,
    updatedAt: now,
    lastUsedAt: null,
    counter: 0,
  }))
  return {
    codes: [...codes].map((code) => `${code.slice(0, 5)}-${code.slice(5)}`),
    writes: [
      { kind: 'removeCredentials', userId, methods: ['recovery-code'] },
      ...rows.map((credential): Write => ({ kind: 'addCredential', credential })),
    ],
  }
}

/** The row that a typed code opens; every row is compared, so that the time does not tell which. */
export function findRecoveryCode(
  keys: KeyRing,
  credentials: readonly Credential[],
  typed: string,
): Credential | undefined {
  const code = normaliseRecoveryCode(typed)
  let found: Credential | undefined
  for (const credential of credentials) {
    if (credential.method !== 'recovery-code') continue
    if (keys.codeMatches(credential.identifier, 'recovery-code', credential.userId, code)) found = credential
  }
  return found
}

/** Recovery codes stand in for a second factor: where none remains they go too. For the commit that removes a factor. */
export function orphanedRecoveryCodes(userId: UserId, hasSecondFactor: boolean): readonly Write[] {
  return hasSecondFactor ? [] : [{ kind: 'removeCredentials', userId, methods: ['recovery-code'] }]
}

/** As people type it: any case, with or without the hyphen, and the letters that are taken for digits (Crockford). */
export function normaliseRecoveryCode(typed: string): string {
  return typed.toLowerCase().replace(/[\s-]/g, '').replaceAll('o', '0').replace(/[il]/g, '1')
}

function mintRecoveryCode(random: Random): string {
  return Array.from({ length: codeLength }, () => alphabet[random.integer(alphabet.length)]).join('')
}
