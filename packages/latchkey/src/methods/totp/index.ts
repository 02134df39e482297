import type { Method } from '../method.ts'
import { totpProof, type TotpOptions } from './options.ts'
import { totpRoutes } from './routes.ts'

/**
 * Codes of an authenticator app as a second factor (RFC 6238). Give people recovery codes beside it.
 *
 * Security: a code can be phished, and is good once. Without `recoveryCode()` a lost phone needs an administrator's factor reset.
 *
 * @example createAuth({ methods: [password(), emailCode(), totp(), recoveryCode()], … })
 */
export function totp(options: TotpOptions = {}): Method {
  const { method: id, amr, factor, channel } = totpProof
  return {
    id,
    amr,
    factor,
    channel,
    firstFactor: null,
    publicConfig: () => ({ digits: 6, periodSeconds: 30 }),
    routes: (ports) => totpRoutes(ports, options),
  }
}
