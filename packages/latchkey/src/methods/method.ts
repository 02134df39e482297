import type { Amr, Channel, Factor } from '../assurance/assurance.ts'
import type { Core } from '../core/core.ts'
import type { PasswordHasher } from '../credential/hashing/password-hasher.ts'
import type { PasswordPolicy } from '../credential/password-policy.ts'
import type { AccessTokens } from '../session/access-token.ts'
import type { Route } from './route.ts'

/** A way to authenticate: one folder under `methods/`, one object of this shape. Not a plugin: no schema, no hooks, no merged types. */
export interface Method {
  /** Also the folder's name and the value in `amr` entries. */
  readonly id: string
  readonly factor: Factor
  readonly amr: Amr
  readonly channel: Channel
  /** What `GET /config` tells about it. */
  publicConfig(ports: MethodPorts): Readonly<Record<string, unknown>>
  routes(ports: MethodPorts): readonly Route[]
}

/** What the engine hands to the routes of a method. */
export interface MethodPorts extends Core {
  readonly hasher: PasswordHasher
  readonly passwordPolicy: PasswordPolicy
  readonly accessTokens: AccessTokens
  /** For work that must not hold up an answer. Failures are logged; closing the engine waits for it. */
  background(task: () => Promise<void>): void
}
