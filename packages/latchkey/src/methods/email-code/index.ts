import type { Method } from '../method.ts'
import { emailCodeProof } from './options.ts'
import { emailCodeRoutes } from './routes.ts'

export interface EmailCodeOptions {
  /** Whether a mailed code alone may start a sign-in. `false` takes the route away; codes go on proving addresses and new devices. Default true. */
  readonly firstFactor?: boolean
}

/**
 * Sign-in with six digits sent by mail.
 *
 * @example createAuth({ methods: [password(), emailCode({ firstFactor: false })], … })
 */
export function emailCode({ firstFactor = true }: EmailCodeOptions = {}): Method {
  const { method: id, amr, factor, channel } = emailCodeProof
  return {
    id,
    amr,
    factor,
    channel,
    firstFactor: firstFactor ? 'mail' : null,
    publicConfig: () => ({ digits: 6, firstFactor }),
    routes: (ports) => emailCodeRoutes(ports, { firstFactor }),
  }
}
