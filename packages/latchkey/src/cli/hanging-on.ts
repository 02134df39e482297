import type { Core } from '../core/core.ts'
import type { Message } from '../courier/message.ts'
import type { Credential, CredentialId } from '../credential/credential.ts'
import { parseTotpData } from '../credential/totp-data.ts'
import type { SigningKey } from '../session/signing-key.ts'
import type { User } from '../user/user.ts'

/** What is sealed under which key of the ring. `old` can be sealed anew; the rest of the text says what cannot. */
export interface HangingOn {
  readonly personKeys: Counts
  readonly signingKeys: Counts
  /** Of authenticator apps, where the key ring seals them. */
  readonly totpSecrets: Counts
  /** What identities of other providers hold, tokens or not. */
  readonly providerTokens: Counts
  /** Digests: they cannot be made anew, their owners can have new ones. */
  readonly recoveryCodes: Counts
  readonly queuedMessages: Counts
}

export interface Counts {
  readonly newest: number
  readonly old: number
  /** Under a secret that is not in the list any more: lost, unless it is put back. */
  readonly unknown: number
}

export type KeyAge = keyof Counts

/** Sealed values begin with the id of their key. */
export function keyAge({ keyIds }: Core['keys'], sealed: string): KeyAge {
  const index = keyIds.findIndex((id) => sealed.startsWith(id))
  return index === 0 ? 'newest' : index > 0 ? 'old' : 'unknown'
}

export async function countHangingOn(core: Core): Promise<HangingOn> {
  const count = (sealed: readonly string[]): Counts => {
    const counts = { newest: 0, old: 0, unknown: 0 }
    for (const value of sealed) counts[keyAge(core.keys, value)]++
    return counts
  }
  const personKeys: string[] = []
  for await (const user of everyUser(core)) personKeys.push(user.personKey)
  const totpSecrets: string[] = []
  for await (const { secret } of everyTotp(core)) totpSecrets.push(secret)
  const providerTokens: string[] = []
  for await (const { secret } of everyIdentity(core)) providerTokens.push(secret)
  const recoveryCodes: string[] = []
  for await (const { identifier } of everyCredential(core, 'recovery-code')) recoveryCodes.push(identifier)
  const messages: string[] = []
  for await (const message of everyQueuedMessage(core)) messages.push(message.data)
  // What signed before is not needed any more: its tokens are verified by the public half.
  const signing = (await core.store.listSigningKeys()).filter(isPrivateHalfNeeded)
  return {
    personKeys: count(personKeys),
    signingKeys: count(signing.map(({ privateKey }) => privateKey)),
    totpSecrets: count(totpSecrets),
    providerTokens: count(providerTokens),
    recoveryCodes: count(recoveryCodes),
    queuedMessages: count(messages),
  }
}

export function isPrivateHalfNeeded({ state }: SigningKey): boolean {
  return state !== 'previous'
}

export async function* everyUser({ store }: Pick<Core, 'store'>): AsyncGenerator<User> {
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<Core['store']['listUsers']>> = await store.listUsers({
      limit: 200,
      ...(cursor === null ? {} : { cursor }),
    })
    yield* page.items
    cursor = page.nextCursor
  } while (cursor !== null)
}

/** Authenticator apps whose secret the key ring seals; what an encrypter of the application's own holds is not ours to seal. */
export async function* everyTotp(
  core: Pick<Core, 'store'>,
): AsyncGenerator<{ readonly id: CredentialId; readonly secret: string }> {
  for await (const credential of everyCredential(core, 'totp')) {
    const { id, secret } = credential
    if (secret !== null && parseTotpData(credential).sealedBy === 'key-ring') yield { id, secret }
  }
}

/** Identities of other providers; in each something is sealed. */
export async function* everyIdentity(
  core: Pick<Core, 'store'>,
): AsyncGenerator<{ readonly id: CredentialId; readonly secret: string }> {
  for await (const { id, secret } of everyCredential(core, 'oauth')) if (secret !== null) yield { id, secret }
}

async function* everyCredential(
  { store }: Pick<Core, 'store'>,
  method: 'totp' | 'recovery-code' | 'oauth',
): AsyncGenerator<Credential> {
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<Core['store']['listCredentials']>> = await store.listCredentials({
      method,
      limit: 200,
      ...(cursor === null ? {} : { cursor }),
    })
    yield* page.items
    cursor = page.nextCursor
  } while (cursor !== null)
}

async function* everyQueuedMessage({ store }: Pick<Core, 'store'>): AsyncGenerator<Message> {
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<Core['store']['listMessages']>> = await store.listMessages({
      limit: 200,
      status: 'queued',
      ...(cursor === null ? {} : { cursor }),
    })
    yield* page.items
    cursor = page.nextCursor
  } while (cursor !== null)
}
