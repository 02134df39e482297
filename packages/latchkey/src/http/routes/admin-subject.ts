import { covers } from '../../access/permissions.ts'
import type { RequestContext } from '../../core/request-context.ts'
import { signedIn, type Answer, type Caller } from '../../methods/route.ts'
import type { Acting } from '../../user/manage-users.ts'
import { parseUserId, type User } from '../../user/user.ts'
import type { CoreRoutePorts } from './core-ports.ts'

export interface AdminSubject {
  /** The user that the path names, or 404. */
  withUser(params: Readonly<Record<string, string>>, work: (user: User) => Promise<Answer>): Promise<Answer>
  /** For what changes a user: nobody acts on somebody more powerful. */
  onSubject(
    params: Readonly<Record<string, string>>,
    caller: Caller | undefined,
    work: (user: User) => Promise<Answer>,
  ): Promise<Answer>
}

export function adminSubject({ store, rolePermissions }: CoreRoutePorts): AdminSubject {
  const withUser: AdminSubject['withUser'] = async (params, work) => {
    const id = parseUserId(params['id'] ?? '')
    const user = id === undefined ? undefined : await store.findUser(id)
    return user === undefined ? { ok: false, problem: 'not_found' } : work(user)
  }
  return {
    withUser,
    onSubject: (params, caller, work) =>
      withUser(params, (user) =>
        covers(rolePermissions, signedIn(caller).user.roles, user.roles)
          ? work(user)
          : Promise.resolve({ ok: false, problem: 'forbidden' }),
      ),
  }
}

export function acting(caller: Caller | undefined, context: RequestContext): Acting {
  return { context, actorId: signedIn(caller).user.id }
}
