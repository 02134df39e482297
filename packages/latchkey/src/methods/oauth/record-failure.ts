import { appendEvent } from '../../audit/append-event.ts'
import { mayRecordRefusal } from '../../audit/record-rejection.ts'
import type { Core } from '../../core/core.ts'
import type { RequestContext } from '../../core/request-context.ts'
import type { User } from '../../user/user.ts'

/** Every way through a provider that ends nowhere leaves one event; those that cost nothing up to a ceiling a network. */
export async function recordFailure(
  core: Core,
  context: RequestContext,
  failure: {
    readonly provider: string
    readonly reason: string
    readonly user?: User | undefined
    readonly email?: string
  },
): Promise<void> {
  const { provider, reason, user, email } = failure
  if (!(await mayRecordRefusal(core, context, reason))) return
  const event = appendEvent(core, context, {
    kind: 'oauth.failed',
    user,
    data: { provider, reason },
    ...(email === undefined ? {} : { email }),
  })
  await core.store.commit([event], core.clock.now())
}
