import { hasPermission, type RolePermissions } from '../access/permissions.ts'
import { isSecondFactor } from '../assurance/factor-policy.ts'
import { requireEnrolled, requireFresh } from '../assurance/requirements.ts'
import type { CallerCheck, CheckCaller } from '../http/pipeline.ts'
import { isSafeMethod } from '../http/checks/csrf.ts'
import { andThen, type NowOrLater } from '../platform/now-or-later.ts'
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
  return (presented, access, _context, method) => {
    const mayBeCached = access.kind !== 'admin' && isSafeMethod(method)
    return andThen(checkSession(mayBeCached ? cachedPorts : ports, presented), (checked): NowOrLater<CallerCheck> => {
      if (!checked.ok) return { ok: false, problem: 'unauthenticated' }
      const { user, session } = checked
      const isAdmin = access.kind === 'admin'
      if (isAdmin && !hasPermission(rolePermissions, user.roles, access.permission))
        return { ok: false, problem: 'forbidden' }
      const sensitive = !isAdmin && access.sensitive === true
      const enrolled = sensitive || (!isAdmin && access.enrolled === true)
      const turnsOnFactors = session.aal < 2 && (isAdmin || enrolled)
      return andThen(turnsOnFactors ? store.findSubject(user.id) : undefined, (subject): CallerCheck => {
        if (turnsOnFactors && isAdmin && subject?.credentials.some(isSecondFactor) === true)
          return { ok: false, problem: 'aal_required' }
        if (turnsOnFactors && enrolled) {
          const proved = requireEnrolled(session, subject?.credentials ?? [])
          if (!proved.ok) return { ok: false, problem: proved.reason }
        }
        if (access.fresh === true || sensitive) {
          const fresh = requireFresh(session, { withinMs: settings.session.freshMs, now: clock.now() })
          if (!fresh.ok) return { ok: false, problem: fresh.reason }
        }
        return { ok: true, caller: { user, session } }
      })
    })
  }
}
