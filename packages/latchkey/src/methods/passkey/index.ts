import type { Method } from '../method.ts'
import { resolveRelyingParty, type PasskeyOptions } from './options.ts'
import { passkeyRoutes } from './routes.ts'

/**
 * Sign-in with passkeys (WebAuthn Level 3): alone, beside another proof, and for registration. `createAuth` refuses a `publicUrl` without a name
 * and an `rpId` that is not its domain.
 *
 * @example createAuth({ methods: [password(), emailCode(), passkey({ rpId: 'example.com' })], … })
 */
export function passkey(options: PasskeyOptions = {}): Method {
  return {
    id: 'passkey',
    amr: 'hwk',
    factor: 'possession',
    channel: 'authenticator',
    firstFactor: (options.firstFactor ?? true) ? 'passkey' : null,
    publicConfig({ settings }) {
      const { rpId, firstFactor, signUp } = resolveRelyingParty(options, settings)
      return { rpId, firstFactor, signUp }
    },
    routes: (ports) => passkeyRoutes(ports, resolveRelyingParty(options, ports.settings)),
  }
}
