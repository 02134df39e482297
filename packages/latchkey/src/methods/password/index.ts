import type { Method } from '../method.ts'
import { passwordProof } from './options.ts'
import { passwordRoutes } from './routes.ts'

/**
 * Sign-in with address and password (Argon2id; bcrypt is read and renewed).
 *
 * @example createAuth({ methods: [password(), emailCode()], … })
 */
export function password(): Method {
  const { method: id, amr, factor, channel } = passwordProof
  return {
    id,
    amr,
    factor,
    channel,
    firstFactor: 'password',
    publicConfig: ({ settings }) => ({
      minLength: settings.password.minLength,
      maxLength: settings.password.maxLength,
    }),
    routes: passwordRoutes,
  }
}
