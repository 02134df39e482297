import { appendEvent } from '../audit/append-event.ts'
import type { Core } from '../core/core.ts'
import type { RequestContext } from '../core/request-context.ts'
import type { PasswordHasher, RawPassword } from '../credential/hashing/password-hasher.ts'
import { newPasswordCredential } from '../credential/password-credential.ts'
import { endingWrites } from '../session/revoke-sessions.ts'
import type { EmailAddress } from './email-address.ts'
import { newUser } from './new-user.ts'
import type { User } from './user.ts'

/** Who acts: a user id, `cli` or `system`. */
export interface Acting {
  readonly context: RequestContext
  readonly actorId: string
}

export type ManageResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'not_applicable' | 'unknown_user' }

export type CreateUserResult =
  | { readonly ok: true; readonly user: User }
  | { readonly ok: false; readonly reason: 'email_taken' }

/**
 * Makes a user on behalf of somebody. The address counts as unproved unless the caller vouches for it; its first proof by mail then drops
 * the password given here, if the prover does not know it (design rule 4).
 */
export async function createUser(
  core: Core & { readonly hasher: PasswordHasher },
  { context, actorId }: Acting,
  input: {
    readonly email: EmailAddress
    readonly password: RawPassword | null
    readonly name: string | null
    readonly roles: readonly string[]
    readonly verified: boolean
  },
): Promise<CreateUserResult> {
  const hash = input.password === null ? null : await core.hasher.hash(input.password, context.network)
  const user = newUser(core, { ...input, locale: null })
  const committed = await core.store.commit(
    [
      { kind: 'createUser', user },
      ...(hash === null
        ? []
        : [{ kind: 'addCredential', credential: newPasswordCredential(core, user.id, hash) } as const]),
      appendEvent(core, context, {
        kind: 'user.created',
        user,
        actorId,
        data: { by: actorId === 'cli' ? 'cli' : 'admin', verified: input.verified },
      }),
    ],
    core.clock.now(),
  )
  return committed.ok ? { ok: true, user } : { ok: false, reason: 'email_taken' }
}

/** Blocks sign-in and ends every session at once. */
export async function blockUser(
  core: Core,
  { context, actorId }: Acting,
  user: User,
  reason: string | null,
): Promise<ManageResult> {
  const committed = await core.store.commit(
    [
      { kind: 'blockUser', userId: user.id, reason },
      ...endingWrites(user, null, 'user_blocked'),
      appendEvent(core, context, { kind: 'user.blocked', user, actorId }),
    ],
    core.clock.now(),
  )
  return committed.ok ? { ok: true } : { ok: false, reason: 'not_applicable' }
}

export async function unblockUser(core: Core, { context, actorId }: Acting, user: User): Promise<ManageResult> {
  const committed = await core.store.commit(
    [{ kind: 'unblockUser', userId: user.id }, appendEvent(core, context, { kind: 'user.unblocked', user, actorId })],
    core.clock.now(),
  )
  return committed.ok ? { ok: true } : { ok: false, reason: 'not_applicable' }
}

/** Replaces the roles; in force at once for whatever changes something, and within the bound of the session cache for the rest. */
export async function setRoles(
  core: Core,
  { context, actorId }: Acting,
  user: User,
  roles: readonly string[],
): Promise<ManageResult> {
  const committed = await core.store.commit(
    [
      { kind: 'setRoles', userId: user.id, roles: [...new Set(roles)] },
      { kind: 'appendChange', userId: user.id, sessionId: null },
      appendEvent(core, context, { kind: 'user.roles_changed', user, actorId, data: { roles: roles.join(' ') } }),
    ],
    core.clock.now(),
  )
  return committed.ok ? { ok: true } : { ok: false, reason: 'unknown_user' }
}

/** An administrator vouches for the address. */
export async function markEmailVerified(core: Core, { context, actorId }: Acting, user: User): Promise<ManageResult> {
  const committed = await core.store.commit(
    [
      { kind: 'verifyEmail', userId: user.id, email: user.email },
      appendEvent(core, context, { kind: 'email.verified', user, actorId }),
    ],
    core.clock.now(),
  )
  return committed.ok ? { ok: true } : { ok: false, reason: 'not_applicable' }
}

/** Removes the user and everything that hangs on it; the person's fields in the audit log become unreadable with the row's key. */
export async function deleteUser(core: Core, { context, actorId }: Acting, user: User): Promise<ManageResult> {
  const committed = await core.store.commit(
    [
      { kind: 'deleteUser', userId: user.id },
      { kind: 'appendChange', userId: user.id, sessionId: null },
      appendEvent(core, context, { kind: 'user.deleted', user, actorId }),
    ],
    core.clock.now(),
  )
  return committed.ok ? { ok: true } : { ok: false, reason: 'unknown_user' }
}

export async function updateProfile(
  core: Core,
  { context, actorId }: Acting,
  user: User,
  fields: { readonly name?: string | null; readonly locale?: string | null },
): Promise<{ readonly ok: true; readonly user: User } | { readonly ok: false; readonly reason: 'unknown_user' }> {
  const committed = await core.store.commit(
    [
      { kind: 'updateProfile', userId: user.id, ...fields },
      appendEvent(core, context, {
        kind: 'user.updated',
        user,
        actorId,
        data: { fields: Object.keys(fields).join(' ') },
      }),
    ],
    core.clock.now(),
  )
  return committed.ok ? { ok: true, user: { ...user, ...fields } } : { ok: false, reason: 'unknown_user' }
}
