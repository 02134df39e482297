import { hasPermission, type RolePermissions } from '../access/permissions.ts'
import { isSecondFactor } from '../assurance/factor-policy.ts'
import type { CheckCaller } from '../http/pipeline.ts'
import { checkSession, type SessionPorts } from '../session/check-session.ts'

/** Who may pass, for every route that is not public: a live session, the permission, the level, the freshness, in this order. */
export function createCheckCaller(ports: SessionPorts & { readonly rolePermissions: RolePermissions }): CheckCaller {
  const { clock, settings, store, rolePermissions } = ports
  return async (presented, access) => {
    const checked = await checkSession(ports, presented)
    if (!checked.ok) return { ok: false, problem: 'unauthenticated' }
    const { user, session } = checked
    if (access.kind === 'admin') {
      if (!hasPermission(rolePermissions, user.roles, access.permission)) return { ok: false, problem: 'forbidden' }
      if (session.aal < 2) {
        const subject = await store.findSubject(user.id)
        if (subject?.credentials.some(isSecondFactor) === true) return { ok: false, problem: 'aal_required' }
      }
    }
    if (access.fresh === true && clock.now() - session.authenticatedAt >= settings.session.freshMs) {
      return { ok: false, problem: 'fresh_required' }
    }
    return { ok: true, caller: { user, session } }
  }
}
