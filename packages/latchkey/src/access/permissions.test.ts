import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hasPermission, permissions, type RolePermissions } from './permissions.ts'

const roles: RolePermissions = {
  admin: ['*'],
  support: ['users:*', 'events:read'],
  reader: ['users:read'],
  nobody: [],
}

describe('permissions', () => {
  it('are granted by name, by area and by everything', () => {
    expect(hasPermission(roles, ['admin'], 'keys:write')).toBe(true)
    expect(hasPermission(roles, ['support'], 'users:write')).toBe(true)
    expect(hasPermission(roles, ['support'], 'events:read')).toBe(true)
    expect(hasPermission(roles, ['support'], 'outbox:read')).toBe(false)
    expect(hasPermission(roles, ['reader'], 'users:read')).toBe(true)
    expect(hasPermission(roles, ['reader'], 'users:write')).toBe(false)
  })

  it('add up over the roles of a person', () => {
    expect(hasPermission(roles, ['nobody', 'reader', 'support'], 'events:read')).toBe(true)
    expect(hasPermission(roles, [], 'users:read')).toBe(false)
  })

  it('are not granted by a name that every object has', () => {
    const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf', 'prototype', '']
    for (const name of names) {
      for (const permission of Object.keys(permissions)) expect(hasPermission(roles, [name], permission)).toBe(false)
    }
  })

  it('are not granted by half a name, by another area or by a star in the wrong place', () => {
    const grants = [
      'users',
      'users:',
      'user:*',
      'users:rea',
      'users:read ',
      '*:read',
      '**',
      'USERS:READ',
      'users.*',
      ':*',
    ]
    for (const grant of grants) expect(hasPermission({ role: [grant] }, ['role'], 'users:read')).toBe(false)
    expect(hasPermission({ role: ['users:*'] }, ['role'], 'users-export:read')).toBe(false)
  })

  it('never come from an unknown role', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.constantFrom(...Object.keys(permissions)), (names, permission) => {
        const unknown = names.filter((name) => !Object.hasOwn(roles, name))
        expect(hasPermission(roles, unknown, permission)).toBe(false)
      }),
    )
  })
})
