import { isSecondFactor } from '../../assurance/factor-policy.ts'
import { isLastWayIn } from '../../assurance/ways-in.ts'
import { appendEvent } from '../../audit/append-event.ts'
import type { RequestContext } from '../../core/request-context.ts'
import { parseCredentialId, type Credential } from '../../credential/credential.ts'
import { factorAdded, factorRemoved } from '../../credential/factor-change.ts'
import { parsePasskeyData, type PasskeyUsage } from '../../credential/passkey-data.ts'
import { endingWrites } from '../../session/revoke-sessions.ts'
import type { Write } from '../../store/writes.ts'
import type { User } from '../../user/user.ts'
import type { MethodPorts } from '../method.ts'
import type { Caller } from '../route.ts'
import { possibleUsage } from './new-passkey.ts'
import { recoveryCodesFor } from './registration.ts'

type Ports = MethodPorts

export type ChangePasskeyResult =
  | { readonly ok: true; readonly passkey: Credential; readonly recoveryCodes: readonly string[] | null }
  | { readonly ok: false; readonly reason: 'not_found' | 'conflict' | 'last_way_in' }

/** Newest first. */
export async function listPasskeys({ store }: Pick<Ports, 'store'>, user: User): Promise<readonly Credential[]> {
  const credentials = (await store.findSubject(user.id))?.credentials ?? []
  return credentials.filter(isPasskey).toSorted((a, b) => b.createdAt - a.createdAt)
}

export async function renamePasskey(
  ports: Ports,
  context: RequestContext,
  { user, session }: Caller,
  { id, name }: { readonly id: string; readonly name: string },
): Promise<ChangePasskeyResult> {
  const found = await findOwn(ports, user, id)
  if (found === undefined) return { ok: false, reason: 'not_found' }
  const { passkey } = found
  const renamed = withData(ports, passkey, { name })
  const committed = await ports.store.commit(
    [
      dataWrite(passkey, renamed),
      appendEvent(ports, context, { kind: 'passkey.renamed', user, sessionId: session.id }),
    ],
    ports.clock.now(),
  )
  return committed.ok ? { ok: true, passkey: renamed, recoveryCodes: null } : { ok: false, reason: 'conflict' }
}

/** Makes a passkey a second factor, a way in or both. What thereby comes or goes is a factor or a way in that comes or goes: what goes ends other sessions. */
export async function setPasskeyUsage(
  ports: Ports,
  context: RequestContext,
  { user, session }: Caller,
  { id, usage }: { readonly id: string; readonly usage: PasskeyUsage },
): Promise<ChangePasskeyResult> {
  const found = await findOwn(ports, user, id)
  if (found === undefined) return { ok: false, reason: 'not_found' }
  const { passkey, credentials } = found
  const changed = withData(ports, passkey, { usage })
  const others = credentials.filter((credential) => credential.id !== passkey.id)
  // What never asked for a PIN or biometric cannot sign anybody in by itself.
  if (possibleUsage(usage, parsePasskeyData(passkey).uvInitialized) !== usage) return { ok: false, reason: 'conflict' }
  if (usage === 'factor' && isLastWayIn(ports.waysIn, credentials, passkey.id))
    return { ok: false, reason: 'last_way_in' }
  const [was, is] = [isSecondFactor(passkey), isSecondFactor(changed)]
  const losesWayIn = usage === 'factor' && parsePasskeyData(passkey).usage !== 'factor'
  const event = { kind: 'passkey.usage_changed', user, sessionId: session.id, data: { usage } } as const
  const change = { ...event, event: event.kind, factor: 'passkey' } as const
  const codes = is && !was ? recoveryCodesFor(ports, changed, credentials) : undefined
  const committed = await ports.store.commit(
    [
      dataWrite(passkey, changed),
      ...(codes?.writes ?? []),
      ...(is && !was ? factorAdded(ports, context, change) : []),
      ...(was && !is ? [...factorRemoved(ports, context, change), ...withoutFactors(user, others)] : []),
      // The epoch rises from the one that was seen: of two ways in that go at the same moment one stays.
      ...(losesWayIn ? endingWrites(user, session.id, 'factor_removed') : []),
      ...(was === is ? [appendEvent(ports, context, event)] : []),
    ],
    ports.clock.now(),
  )
  if (!committed.ok) return { ok: false, reason: 'conflict' }
  return { ok: true, passkey: changed, recoveryCodes: codes?.codes ?? null }
}

/** Every other session ends; the last way in stays. */
export async function removePasskey(
  ports: Ports,
  context: RequestContext,
  { user, session }: Caller,
  id: string,
): Promise<{ readonly ok: true } | Extract<ChangePasskeyResult, { readonly ok: false }>> {
  const found = await findOwn(ports, user, id)
  if (found === undefined) return { ok: false, reason: 'not_found' }
  const { passkey, credentials } = found
  if (isLastWayIn(ports.waysIn, credentials, passkey.id)) return { ok: false, reason: 'last_way_in' }
  const others = credentials.filter((credential) => credential.id !== passkey.id)
  const committed = await ports.store.commit(
    [
      { kind: 'removeCredential', credentialId: passkey.id, userId: user.id },
      ...withoutFactors(user, others),
      ...factorRemoved(ports, context, { user, sessionId: session.id, factor: 'passkey' }),
    ],
    ports.clock.now(),
  )
  return committed.ok ? { ok: true } : { ok: false, reason: 'conflict' }
}

/** Codes that stand in for a factor go with the last one: they would open nothing, and the next factor brings its own. */
function withoutFactors(user: User, others: readonly Credential[]): readonly Write[] {
  return others.some(isSecondFactor) ? [] : [{ kind: 'removeCredentials', userId: user.id, methods: ['recovery-code'] }]
}

async function findOwn(
  { store }: Pick<Ports, 'store'>,
  user: User,
  idText: string,
): Promise<{ readonly passkey: Credential; readonly credentials: readonly Credential[] } | undefined> {
  const id = parseCredentialId(idText)
  if (id === undefined) return undefined
  const credentials = (await store.findSubject(user.id))?.credentials ?? []
  const passkey = credentials.find((credential) => credential.id === id && isPasskey(credential))
  return passkey && { passkey, credentials }
}

const isPasskey = ({ method }: Credential): boolean => method === 'passkey'

function withData(
  { clock }: Pick<Ports, 'clock'>,
  passkey: Credential,
  change: { readonly name?: string; readonly usage?: PasskeyUsage },
): Credential {
  return { ...passkey, data: JSON.stringify({ ...parsePasskeyData(passkey), ...change }), updatedAt: clock.now() }
}

function dataWrite({ id: credentialId, userId, data: from }: Credential, { data: to }: Credential): Write {
  return { kind: 'updateCredentialData', credentialId, userId, from, to }
}
