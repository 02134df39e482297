import type { RolePermissions } from '../../access/permissions.ts'
import type { Method, MethodPorts } from '../../methods/method.ts'
import type { SigningKeys } from '../../session/signing-keys.ts'

/** What the routes that belong to no method are given. */
export interface CoreRoutePorts extends MethodPorts {
  readonly signingKeys: SigningKeys
  readonly rolePermissions: RolePermissions
  readonly methods: readonly Method[]
  /** Only under `serve --dev`: mailbox and administrator link exist. */
  readonly development: boolean
  /** What `GET /admin/health` shows beside the database: counters of the parts. */
  health(): Promise<Readonly<Record<string, unknown>>>
}
