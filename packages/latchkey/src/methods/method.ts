import type { Amr, Channel, Factor } from '../assurance/assurance.ts'
import type { WaysIn } from '../assurance/ways-in.ts'
import type { Core } from '../core/core.ts'
import type { PasswordHasher } from '../credential/hashing/password-hasher.ts'
import type { PasswordPolicy } from '../credential/password-policy.ts'
import type { AccessTokens } from '../session/access-token.ts'
import type { LastSeen } from '../session/last-seen.ts'
import type { Route } from './route.ts'

/** A way to authenticate: one folder under `methods/`, one object of this shape. Not a plugin: no schema, no hooks, no merged types. */
export interface Method {
  /** Also the folder's name and the value in `amr` entries. */
  readonly id: string
  readonly factor: Factor
  readonly amr: Amr
  readonly channel: Channel
  /** The way in that it opens for whoever has the credential, or an address; `null` where it only adds to another. */
  readonly firstFactor: keyof WaysIn | null
  /** What `GET /config` tells about it. */
  publicConfig(ports: MethodPorts): Readonly<Record<string, unknown>>
  routes(ports: MethodPorts): readonly Route[]
}

/** What the engine hands to the routes of a method. */
export interface MethodPorts extends Core {
  readonly lastSeen: LastSeen
  /** First factors of this installation, for whoever removes a credential. */
  readonly waysIn: WaysIn
  /** Whether recovery codes are taken here: whoever enrols a first second factor gets a set. */
  readonly recoveryCodes: boolean
  readonly hasher: PasswordHasher
  readonly passwordPolicy: PasswordPolicy
  readonly accessTokens: AccessTokens
  /** For work that must not hold up an answer. Failures are logged; closing the engine waits for it. */
  background(task: () => Promise<void>): void
}

/** The first factors that these methods offer together. */
export function waysInOf(methods: readonly Method[]): WaysIn {
  const has = (way: keyof WaysIn): boolean => methods.some((method) => method.firstFactor === way)
  return { mail: has('mail'), password: has('password'), passkey: has('passkey'), oauth: has('oauth') }
}
