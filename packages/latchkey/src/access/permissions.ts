/** Role → permissions. `*` is everything; `users:*` is everything about users. */
export type RolePermissions = Readonly<Record<string, readonly string[]>>

export const defaultRolePermissions: RolePermissions = { admin: ['*'] }

/** Every permission that a route of the engine asks for. */
export const permissions = {
  'users:read': 'See users, their sessions and events.',
  'users:write': 'Create, change, block, sign out and delete users.',
  'roles:write': 'Give and take roles.',
  'events:read': 'Read the audit log.',
  'outbox:read': 'See the outbox (no contents).',
  'outbox:write': 'Queue a mail again.',
  'keys:read': 'See the signing keys.',
  'keys:write': 'Rotate the signing keys.',
  'health:read': 'See the health of the parts.',
} as const

export type Permission = keyof typeof permissions

/**
 * Whether `roles` may do all that `others` may with the engine. Nobody acts on, or makes, somebody more powerful: `roles:write` alone must not
 * be a way to become an administrator through a second account (ASVS 8.2.2). Permissions of the application are its own concern.
 */
export function covers(rolePermissions: RolePermissions, roles: readonly string[], others: readonly string[]): boolean {
  return Object.keys(permissions).every(
    (permission) =>
      !hasPermission(rolePermissions, others, permission) || hasPermission(rolePermissions, roles, permission),
  )
}

/** Whether any of the roles grants the permission. An unknown role grants nothing. */
export function hasPermission(rolePermissions: RolePermissions, roles: readonly string[], permission: string): boolean {
  const area = permission.slice(0, permission.indexOf(':') + 1)
  return roles.some((role) =>
    // hasOwn: a role named `constructor` must find nothing.
    Object.hasOwn(rolePermissions, role)
      ? (rolePermissions[role] ?? []).some(
          (granted) => granted === '*' || granted === permission || granted === `${area}*`,
        )
      : false,
  )
}
