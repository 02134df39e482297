import { describe, expect, it } from 'vitest'
import { LatchkeyError } from '../../platform/errors.ts'
import { healedStamps, retryAfterSeconds } from './budget-stamps.ts'
import { faultError } from './database-fault.ts'
import { loadDriver } from './driver.ts'
import { stampEntry } from './plan.ts'
import { bind, compileStatement, rows } from './statement.ts'
import { compileStatements } from './statements/statements.ts'
import { checkedTablePrefix } from './table-prefix.ts'

const statement = rows('SELECT id::text FROM {user} WHERE id = :id AND (:now > 1 OR id = :id)')

describe('compileStatement', () => {
  it('numbers the places of PostgreSQL and leaves casts alone', () => {
    const compiled = compileStatement(statement, { name: 'find', dialect: 'postgres', tablePrefix: 'my_' })
    expect(compiled.text).toBe('SELECT id::text FROM my_user WHERE id = $1 AND ($2 > 1 OR id = $1)')
    expect(bind(compiled, { now: 5, id: 'a' })).toEqual(['a', 5])
  })

  it('repeats the question mark elsewhere', () => {
    const compiled = compileStatement(statement, { name: 'find', dialect: 'mysql', tablePrefix: 'my_' })
    expect(compiled.text).toBe('SELECT id::text FROM my_user WHERE id = ? AND (? > 1 OR id = ?)')
    expect(bind(compiled, { now: 5, id: 'a' })).toEqual(['a', 5, 'a'])
  })

  it('gives SQLite no bare place, which it would plan anew for at every run', () => {
    for (const { text } of Object.values(compileStatements('sqlite', 'latchkey_'))) {
      expect(text).not.toMatch(/(?<!\+)\?/)
    }
  })

  it('never binds a value that was forgotten', () => {
    const compiled = compileStatement(statement, { name: 'find', dialect: 'mysql', tablePrefix: 'my_' })
    expect(() => bind(compiled, { id: 'a' })).toThrow('my_find: no value for :now')
  })

  it('leaves nothing to be filled in, on any dialect', () => {
    for (const dialect of ['sqlite', 'postgres', 'mysql'] as const) {
      for (const { text } of Object.values(compileStatements(dialect, 'latchkey_'))) {
        expect(text).not.toMatch(/[{}]|(?<!:):[a-z]|undefined/)
      }
    }
  })
})

describe('checkedTablePrefix', () => {
  it('takes plain names and refuses whatever could become SQL', () => {
    expect(checkedTablePrefix()).toBe('latchkey_')
    expect(checkedTablePrefix('app2_auth_')).toBe('app2_auth_')
    for (const prefix of ['', 'auth', 'Auth_', 'a"; DROP TABLE x; --_', `${'a'.repeat(30)}_`, '1_']) {
      expect(() => checkedTablePrefix(prefix)).toThrow(LatchkeyError)
    }
  })
})

describe('stamps of a budget', () => {
  const charge = { kind: 'budget', key: 'k', limit: 2, windowMs: 60_000 } as const
  const stamps = [10_000, 20_000, 30_000].map(stampEntry).join('')

  it('has room when the charge that would fall out leaves the window', () => {
    expect(retryAfterSeconds(stamps, charge, 30_000)).toBe(50)
    expect(retryAfterSeconds(stamps, charge, 79_999)).toBe(1)
    expect(retryAfterSeconds(stamps, charge, 1_000)).toBe(60)
    expect(retryAfterSeconds('', charge, 1_000)).toBe(1)
  })

  it('heals only what lies further ahead than clocks may differ', () => {
    expect(healedStamps(stamps, 28_000)).toBeUndefined()
    expect(healedStamps(stamps, 15_000)).toBe([10_000, 15_000, 15_000].map(stampEntry).join(''))
  })
})

describe('loadDriver', () => {
  it('says what to install', async () => {
    const missing = loadDriver('pg', () => Promise.reject(new Error('Cannot find package')))
    await expect(missing).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining('npm install pg'),
    })
  })
})

describe('faultError', () => {
  it('keeps code and sentence of the cause, and none of its values', () => {
    const cause = Object.assign(new Error(`Duplicate entry 'a@b.example' at mysql://u:p@h/d`), {
      code: 'ER_DUP_ENTRY',
      sql: 'INSERT …',
    })
    const error = faultError('unique', cause)
    expect(error.code).toBe('storage_conflict')
    expect(error.cause).toMatchObject({ message: 'ER_DUP_ENTRY: Duplicate entry … at …' })
    expect(Object.keys(error.cause as object)).toEqual([])
  })
})
