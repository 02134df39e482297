import { format, inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Redacted, redact, reveal } from './redacted.ts'

const value = 'hunter2-and-a-few-more-characters'
const secret = redact(value)

describe('a redacted secret', () => {
  it('is given back by reveal alone, and only for what was redacted', () => {
    expect(reveal(secret)).toBe(value)
    const copies = [
      structuredClone(secret),
      Object.assign({}, secret),
      Object.create(secret),
      Object.create(Redacted.prototype),
    ]
    for (const copy of copies) expect(() => reveal(copy as Redacted)).toThrow(TypeError)
  })

  it('does not print, whoever prints it', () => {
    const holder = { secret, list: [secret], map: new Map([['key', secret]]), set: new Set([secret]) }
    const error = new Error(`failed with ${String(secret)}`, { cause: holder })
    Object.assign(error, { secret })
    const printed = [
      String(secret),
      `${String(secret)} in a template`,
      JSON.stringify(secret),
      JSON.stringify(holder),
      JSON.stringify(Object.entries(holder)),
      inspect(secret),
      inspect(holder, { depth: null, showHidden: true, getters: true }),
      inspect(secret, { customInspect: false, showHidden: true, depth: null }),
      inspect(structuredClone(secret)),
      inspect(error, { depth: null, showHidden: true }),
      format('%s %o %O %j %d', secret, secret, secret, secret, secret),
      String(error.stack),
      error.message,
      Object.getOwnPropertyNames(secret).join(','),
      Object.getOwnPropertySymbols(secret).map(String).join(','),
      Reflect.ownKeys(Redacted.prototype).map(String).join(','),
    ]
    for (const text of printed) expect(text).not.toContain(value.slice(0, 7))
    expect(printed[1]).toBe('[redacted] in a template')
    expect(JSON.parse(printed[2] ?? '')).toBe('[redacted]')
  })

  it('does not compare or concatenate to its value', () => {
    expect(Object.is(secret, redact(value))).toBe(false)
    expect([secret, secret].join('')).toBe('[redacted][redacted]')
    expect(Object.keys(secret)).toEqual([])
  })
})
