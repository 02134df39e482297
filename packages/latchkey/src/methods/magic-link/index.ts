import type { Method } from '../method.ts'
import { magicLinkProof, resolveTtlMs, type MagicLinkOptions } from './options.ts'
import { magicLinkRoutes } from './routes.ts'

/**
 * Sign-in with a link sent by mail. In the browser that asked for it the link suffices; anywhere else the six digits of the same mail are asked for.
 *
 * Security: a mailbox is no second factor; a session that was opened so is AAL1, and an enrolled second factor is asked for all the same.
 *
 * @example createAuth({ methods: [password(), emailCode(), magicLink()], … })
 * @throws LatchkeyError `config_invalid` when `ttlMs` is out of its bounds
 */
export function magicLink(options: MagicLinkOptions = {}): Method {
  const ttlMs = resolveTtlMs(options)
  const { method: id, amr, factor, channel } = magicLinkProof
  return {
    id,
    amr,
    factor,
    channel,
    firstFactor: 'mail',
    publicConfig: () => ({ ttlSeconds: Math.floor(ttlMs / 1_000) }),
    routes: (ports) => magicLinkRoutes(ports, { ttlMs }),
  }
}
