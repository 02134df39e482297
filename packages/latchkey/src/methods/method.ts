import type { Amr, Channel, Factor } from '../assurance/assurance.ts'
import type { CredentialMethod } from '../credential/credential.ts'
import type { Route } from './route.ts'

/** A way to authenticate: one folder under `methods/`, one object of this shape. Not a plugin: no schema, no hooks, no merged types. */
export interface Method<Ports> {
  /** Also the folder's name and the value in `amr` entries. */
  readonly id: string
  readonly factor: Factor
  readonly amr: Amr
  readonly channel: Channel
  /** The credential that must be bound and confirmed for the method to count as an enrolled second factor; `null` when none is. */
  readonly secondFactorCredential: CredentialMethod | null
  /** What `GET /config` tells about it. */
  readonly publicConfig: Readonly<Record<string, unknown>>
  routes(ports: Ports): readonly Route[]
}
