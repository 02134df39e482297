import { appendEvent } from '../audit/append-event.ts'
import type { AuditEventKind } from '../audit/audit-event.ts'
import type { Core } from '../core/core.ts'
import type { RequestContext } from '../core/request-context.ts'
import { enqueueMessage } from '../courier/enqueue-message.ts'
import { endingWrites } from '../session/revoke-sessions.ts'
import type { SessionId } from '../session/session.ts'
import type { Write } from '../store/writes.ts'
import type { User } from '../user/user.ts'

/** What a person can add to and take from an account. */
export type ChangedFactor = 'totp' | 'passkey' | 'identity'

export interface FactorChange {
  readonly user: User
  /** The session in which it happens, and which stays. */
  readonly sessionId: SessionId | null
  readonly factor: ChangedFactor
  /** Where a credential stays and what it is for changes. Default: the factor's own event. */
  readonly event?: AuditEventKind
  /** Facts for the audit log, nothing secret. */
  readonly data?: Readonly<Record<string, string | number | boolean>>
}

const events = {
  totp: { added: 'totp.enrolled', removed: 'totp.removed' },
  passkey: { added: 'passkey.added', removed: 'passkey.removed' },
  identity: { added: 'identity.linked', removed: 'identity.unlinked' },
} as const

/**
 * What goes with every factor that is added: its owner is told, the log knows, and known devices are forgotten (design rule 2). For the
 * commit that adds it.
 */
export function factorAdded(core: Core, context: RequestContext, change: FactorChange): readonly Write[] {
  const { user, factor } = change
  return [
    // An identity is no second factor: the browsers that are known stay known.
    ...(factor === 'identity' ? [] : [{ kind: 'forgetDevices', userId: user.id, deviceId: null } as const]),
    ...told(core, context, change, 'added'),
  ]
}

/**
 * What goes with every factor that is removed: every other session ends, and known devices and pending attempts with it (design rule 5). Of
 * two parallel removals one wins, because the epoch rises from the one that the caller saw: so nobody loses the last way in to a race.
 */
export function factorRemoved(core: Core, context: RequestContext, change: FactorChange): readonly Write[] {
  return [...endingWrites(change.user, change.sessionId, 'factor_removed'), ...told(core, context, change, 'removed')]
}

function told(
  core: Core,
  context: RequestContext,
  { user, sessionId, factor, event, data }: FactorChange,
  what: 'added' | 'removed',
): readonly Write[] {
  const at = core.clock.now()
  return [
    enqueueMessage(core, {
      template: what === 'added' ? 'factor-added' : 'factor-removed',
      to: user.email,
      userId: user.id,
      locale: user.locale,
      data: { factor, ip: context.ip, userAgent: context.userAgent, at },
    }),
    appendEvent(core, context, {
      kind: event ?? events[factor][what],
      user,
      ...(sessionId === null ? {} : { sessionId }),
      ...(data === undefined ? {} : { data }),
    }),
  ]
}
