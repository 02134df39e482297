import type { Credential, CredentialId } from './credential.ts'

/** What the row of an authenticator app holds beside its secret and the last spent step (its counter), as JSON. */
export interface TotpData {
  /** With what the secret is sealed: the engine's key ring, or the `SecretEncrypter` that `totp()` was given. Rows of both kinds stand side by side. */
  readonly sealedBy: 'key-ring' | 'encrypter'
}

/** @throws TypeError for a row that no enrolment wrote */
export function parseTotpData({ data }: Pick<Credential, 'data'>): TotpData {
  const { sealedBy } = JSON.parse(data) as Partial<TotpData>
  if (sealedBy !== 'key-ring' && sealedBy !== 'encrypter')
    throw new TypeError('the data of a TOTP credential is broken')
  return { sealedBy }
}

/** Under which label the secret is sealed: it opens in its own row alone. */
export function totpSecretLabel(id: CredentialId): string {
  return `totp/${id}`
}
