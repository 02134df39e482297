import type { Method } from '../method.ts'
import { recoveryCodeProof } from './options.ts'
import { recoveryCodeRoutes } from './routes.ts'

/**
 * Ten codes to keep, each good once in place of a second factor that was lost. People get them with their first second factor.
 *
 * @example createAuth({ methods: [password(), emailCode(), totp(), recoveryCode()], … })
 */
export function recoveryCode(): Method {
  const { method: id, amr, factor, channel } = recoveryCodeProof
  return {
    id,
    amr,
    factor,
    channel,
    firstFactor: null,
    publicConfig: () => ({}),
    routes: recoveryCodeRoutes,
  }
}
