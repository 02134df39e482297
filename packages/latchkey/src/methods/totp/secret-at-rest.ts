import type { Core } from '../../core/core.ts'
import type { Credential, CredentialId } from '../../credential/credential.ts'
import { parseTotpData, totpSecretLabel, type TotpData } from '../../credential/totp-data.ts'
import { LatchkeyError } from '../../platform/errors.ts'
import type { SecretEncrypter } from './options.ts'

/** What the row keeps of a secret, and of how it was sealed. */
export async function sealSecret(
  { keys }: Pick<Core, 'keys'>,
  encrypter: SecretEncrypter | undefined,
  id: CredentialId,
  secret: string,
): Promise<{ readonly secret: string; readonly data: string }> {
  const label = totpSecretLabel(id)
  const data: TotpData = { sealedBy: encrypter === undefined ? 'key-ring' : 'encrypter' }
  // An encrypter knows no label: what it encrypts says itself whose it is.
  const sealed = encrypter === undefined ? keys.seal(label, secret) : await encrypter.encrypt(`${label}\n${secret}`)
  return { secret: sealed, data: JSON.stringify(data) }
}

/** @throws LatchkeyError `key_unknown`, `sealed_value_broken`; what the encrypter throws */
export async function openSecret(
  { keys }: Pick<Core, 'keys'>,
  encrypter: SecretEncrypter | undefined,
  { id, secret, data }: Pick<Credential, 'id' | 'secret' | 'data'>,
): Promise<string> {
  const label = totpSecretLabel(id)
  if (parseTotpData({ data }).sealedBy === 'key-ring') return keys.open(label, secret ?? '')
  if (encrypter === undefined)
    throw new LatchkeyError('key_unknown', 'A TOTP secret was encrypted with an `encrypter` that totp() is not given.')
  const opened = await encrypter.decrypt(secret ?? '')
  if (!opened.startsWith(`${label}\n`)) throw new LatchkeyError('sealed_value_broken')
  return opened.slice(label.length + 1)
}
