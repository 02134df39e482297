import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { reveal } from '../../platform/redacted.ts'
import { countCharacters, rawPassword } from './raw-password.ts'

const textOf = (input: string): string | undefined => {
  const password = rawPassword(input, 1_024)
  return password && reveal(password.secret)
}

describe('rawPassword', () => {
  it('makes composed and decomposed spellings the same password', () => {
    expect(textOf('caf\u00e9-au-lait')).toBe('caf\u00e9-au-lait')
    expect(textOf('cafe\u0301-au-lait')).toBe('caf\u00e9-au-lait')
  })

  it('changes nothing else: not case, not spaces, not compatibility characters, not NUL', () => {
    for (const text of ['  Two Spaces  ', 'ﬁne ½ Ⅷ', 'a\0b', '\ttab\n', 'ß ẞ İ ı']) expect(textOf(text)).toBe(text)
  })

  it('counts characters, not UTF-16 units: 1,024 emoji are accepted, one more is not', () => {
    expect(textOf('🔑'.repeat(1_024))).toBe('🔑'.repeat(1_024))
    expect(textOf('🔑'.repeat(1_025))).toBeUndefined()
    expect(textOf('a'.repeat(1_024))).toBe('a'.repeat(1_024))
    expect(textOf('a'.repeat(1_025))).toBeUndefined()
  })

  it('refuses lone surrogates, which have no UTF-8', () => {
    for (const text of ['\ud83d', 'pass\udd11word', '\udd11\ud83d']) expect(textOf(text)).toBeUndefined()
  })

  it('cannot print what it holds', () => {
    const password = rawPassword('correct horse battery staple', 1_024)
    expect(`${inspect(password, { depth: 9, showHidden: true })}${JSON.stringify(password)}`).not.toContain('correct')
  })
})

describe('countCharacters', () => {
  it('counts code points', () => {
    expect([countCharacters(''), countCharacters('été'), countCharacters('🔑🔑')]).toEqual([0, 3, 2])
  })
})
