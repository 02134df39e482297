import { hasPermission, type RolePermissions } from '../access/permissions.ts'
import { isSecondFactor } from '../assurance/factor-policy.ts'
import { requireEnrolled, requireFresh } from '../assurance/requirements.ts'
import type { CheckCaller } from '../http/pipeline.ts'
import { isSafeMethod } from '../http/checks/csrf.ts'
import type { SessionCache } from '../session/cache/session-cache.ts'
import { checkSession, type SessionPorts } from '../session/check-session.ts'

/**
 * Who may pass, for every route that is not public: a live session, the permission, the level, the freshness, in this order. Whatever changes something, and
 * whatever an administrator sees, asks the database about its session, so that there a revocation is in force at once on every node.
 */
export function createCheckCaller(
  ports: SessionPorts & { readonly rolePermissions: RolePermissions },
  sessionCache: SessionCache | undefined,
): CheckCaller {
  const { clock, settings, store, rolePermissions } = ports
  const cachedPorts = { ...ports, sessionCache }
  return async (presented, access, _context, method) => {
    const mayBeCached = access.kind !== 'admin' && isSafeMethod(method)
    const checked = await checkSession(mayBeCached ? cachedPorts : ports, presented)
    if (!checked.ok) return { ok: false, problem: 'unauthenticated' }
    const { user, session } = checked
    if (access.kind === 'admin') {
      if (!hasPermission(rolePermissions, user.roles, access.permission)) return { ok: false, problem: 'forbidden' }
      if (session.aal < 2) {
        const subject = await store.findSubject(user.id)
        if (subject?.credentials.some(isSecondFactor) === true) return { ok: false, problem: 'aal_required' }
      }
    }
    const sensitive = access.kind === 'session' && access.sensitive === true
    const proved = sensitive || (access.kind === 'session' && access.enrolled === true)
    if (proved && session.aal < 2) {
      const subject = await store.findSubject(user.id)
      const enrolled = requireEnrolled(session, subject?.credentials ?? [])
      if (!enrolled.ok) return { ok: false, problem: enrolled.reason }
    }
    if (access.fresh === true || sensitive) {
      const fresh = requireFresh(session, { withinMs: settings.session.freshMs, now: clock.now() })
      if (!fresh.ok) return { ok: false, problem: fresh.reason }
    }
    return { ok: true, caller: { user, session } }
  }
}
