import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseStrictJson, type StrictJsonReason } from './strict-json.ts'

function parsedByPlatform(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return undefined
  }
}

/** What was read, or why nothing was. */
function verdictOn(text: string): string {
  const result = parseStrictJson(text)
  return result.ok ? JSON.stringify(result.value) : result.reason
}

/** Texts that are nearly JSON: good ones with a few characters changed, taken out or put in. */
const nearlyJson = fc
  .tuple(
    fc.json({ maxDepth: 4 }),
    fc.array(
      fc.tuple(
        fc.nat(),
        fc.constantFrom(
          '',
          '"',
          '\\',
          '{',
          '}',
          '[',
          ']',
          ',',
          ':',
          '0',
          '-',
          'e',
          '.',
          ' ',
          '\0',
          '\ud800',
          '\\u0000',
          '\\ud800',
          'u',
          'null',
        ),
      ),
      {
        maxLength: 3,
      },
    ),
  )
  .map(([text, edits]) =>
    edits.reduce((edited, [place, piece]) => {
      const at = place % (edited.length + 1)
      return edited.slice(0, at) + piece + edited.slice(at + (piece === '' ? 1 : 0))
    }, text),
  )

describe('strict JSON', () => {
  it('reads every object as JSON.parse does', () => {
    const object = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }))
    fc.assert(
      fc.property(object, fc.constantFrom(0, 2), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent)
        expect([JSON.stringify(JSON.parse(text)), 'doubtful_text']).toContain(verdictOn(text))
      }),
      { numRuns: 2_000 },
    )
  })

  it('accepts nothing that JSON.parse refuses, and calls only that a matter of syntax', () => {
    const finer: readonly StrictJsonReason[] = ['not_an_object', 'too_deep', 'duplicate_key', 'doubtful_text', 'number']
    const refusals: readonly StrictJsonReason[] = ['syntax', ...finer]
    fc.assert(
      fc.property(fc.oneof(nearlyJson, fc.string({ unit: 'binary' })), (text) => {
        const reference = parsedByPlatform(text)
        const allowed = reference === undefined ? refusals : [JSON.stringify(reference.value), ...finer]
        expect(allowed).toContain(verdictOn(text))
      }),
      { numRuns: 20_000 },
    )
  })

  it('makes keys of __proto__, at every depth', () => {
    const result = parseStrictJson('{"a":{"__proto__":{"x":1}},"__proto__":{"y":2}}')
    const value = result.ok ? result.value : {}
    expect(Object.keys(value)).toEqual(['a', '__proto__'])
    expect(value['y']).toBeUndefined()
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  })

  it('reads a large array in linear time', () => {
    const text = `{"a":[${'0,'.repeat(30_000)}0]}`
    expect(parseStrictJson(text).ok).toBe(true)
    const keys = `{${Array.from({ length: 6_000 }, (_, i) => `"k${i}":0`).join(',')}}`
    expect(parseStrictJson(keys).ok).toBe(true)
  })
})
