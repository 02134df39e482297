import { appendEvent } from '../audit/append-event.ts'
import type { Core } from '../core/core.ts'
import { noContext } from '../core/request-context.ts'
import { totpSecretLabel } from '../credential/totp-data.ts'
import { providerTokensLabel } from '../methods/oauth/sealed-tokens.ts'
import type { Write } from '../store/writes.ts'
import { everyIdentity, everyTotp, everyUser, isPrivateHalfNeeded, keyAge } from './hanging-on.ts'

export interface ResealReport {
  readonly personKeys: number
  readonly signingKeys: number
  /** Of authenticator apps. */
  readonly totpSecrets: number
  /** What identities of other providers hold. */
  readonly providerTokens: number
  /** Sealed under a secret that is not in the list: left as they are. */
  readonly unknown: number
}

const batchSize = 50

/**
 * Seals what is long-lived anew under the newest secret. It may run beside servers that have both secrets, be cut off at any point and be
 * begun again: every write is a compare-and-set on the old sealed value. Queued mails and pending registrations end within a day by
 * themselves; digests of sessions, devices and recovery codes and the MACs of the audit log cannot be made again without what they were made of.
 *
 * @throws LatchkeyError `sealed_value_broken`, the faults of the store
 */
export async function resealEverything(core: Core, progress: (done: number) => void): Promise<ResealReport> {
  const { store, keys, clock } = core
  let personKeys = 0
  let signingKeys = 0
  let totpSecrets = 0
  let providerTokens = 0
  let unknown = 0
  const again = (label: string, sealed: string): string | undefined => {
    const age = keyAge(keys, sealed)
    if (age === 'unknown') unknown++
    return age === 'old' ? keys.seal(label, keys.open(label, sealed)) : undefined
  }

  for (const key of (await store.listSigningKeys()).filter(isPrivateHalfNeeded)) {
    const to = again(`signing-key/${key.kid}`, key.privateKey)
    if (to === undefined) continue
    const done = await store.commit([{ kind: 'resealSigningKey', kid: key.kid, from: key.privateKey, to }], clock.now())
    if (done.ok) signingKeys++
  }
  for await (const { id, secret } of everyTotp(core)) {
    const to = again(totpSecretLabel(id), secret)
    if (to === undefined) continue
    const write = { kind: 'replaceCredentialSecret', credentialId: id, from: secret, to } as const
    if ((await store.commit([write], clock.now())).ok) totpSecrets++
  }
  for await (const { id, secret } of everyIdentity(core)) {
    const to = again(providerTokensLabel(id), secret)
    if (to === undefined) continue
    const write = { kind: 'replaceCredentialSecret', credentialId: id, from: secret, to } as const
    if ((await store.commit([write], clock.now())).ok) providerTokens++
  }
  let batch: Write[] = []
  const flush = async (): Promise<void> => {
    personKeys += await commitEach(core, batch)
    batch = []
    progress(personKeys)
  }
  for await (const { id, personKey } of everyUser(core)) {
    const to = again(`person-key/${id}`, personKey)
    if (to !== undefined) batch.push({ kind: 'resealPersonKey', userId: id, from: personKey, to })
    if (batch.length === batchSize) await flush()
  }
  await flush()
  const resealed = personKeys + signingKeys + totpSecrets + providerTokens
  if (resealed > 0) {
    const data = { resealed }
    await store.commit([appendEvent(core, noContext, { kind: 'secret.resealed', actorId: 'cli', data })], clock.now())
  }
  return { personKeys, signingKeys, totpSecrets, providerTokens, unknown }
}

/** All in one commit; one by one when somebody was deleted or another run was faster. */
async function commitEach({ store, clock }: Core, writes: readonly Write[]): Promise<number> {
  if (writes.length === 0) return 0
  const together = await store.commit(writes, clock.now())
  if (together.ok) return writes.length
  let done = 0
  for (const write of writes) if ((await store.commit([write], clock.now())).ok) done++
  return done
}
