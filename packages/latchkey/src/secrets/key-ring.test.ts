import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LatchkeyError } from '../platform/errors.ts'
import { systemRandom } from '../platform/random.ts'
import { createSeededRandom } from '../testing/seeded-random.ts'
import { createKeyRing, deriveToken, type KeyRing, type TokenPurpose } from './key-ring.ts'
import { mintPersonKey, openPersonKey } from './person-key.ts'

const older = 'the older secret, which is long enough'
const newer = 'the newer secret, which is long enough'

const ring = createKeyRing([newer, older], systemRandom)
const purposes: readonly TokenPurpose[] = ['session', 'refresh-family', 'refresh-turn', 'device', 'handle', 'binding']

function ringOf(...secrets: readonly string[]): KeyRing {
  return createKeyRing(secrets, systemRandom)
}

function faultOf(work: () => unknown): string {
  try {
    work()
    return 'none'
  } catch (error) {
    return error instanceof LatchkeyError ? error.code : String(error)
  }
}

/** The text with one bit of one of its bytes turned; it may no longer be base64url. */
function withBit(text: string, bit: number): string {
  const bytes = Buffer.from(text, 'latin1')
  const index = Math.floor(bit / 8) % bytes.length
  bytes[index] = (bytes[index] ?? 0) ^ (1 << (bit % 8))
  return bytes.toString('latin1')
}

const wellFormed = fc.string({ unit: 'binary' })
/** A byte order mark at the front is text like any other. */
const maybeMarked = fc.tuple(fc.constantFrom('', '\ufeff'), wellFormed).map(([mark, text]) => mark + text)

describe('sealed values', () => {
  it('open to what was sealed, under their label alone', () => {
    fc.assert(
      fc.property(wellFormed, wellFormed, maybeMarked, (label, other, plaintext) => {
        const sealed = ring.seal(label, plaintext)
        expect(sealed).toMatch(/^[A-Za-z0-9_-]+$/)
        expect(ring.open(label, sealed)).toBe(plaintext)
        expect(label === other ? 'sealed_value_broken' : faultOf(() => ring.open(other, sealed))).toBe(
          'sealed_value_broken',
        )
      }),
    )
  })

  it('do not open with any one bit turned', () => {
    const sealed = ring.seal('label', 'plaintext')
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      expect(['sealed_value_broken', 'key_unknown']).toContain(faultOf(() => ring.open('label', withBit(sealed, bit))))
    }
  })

  it('do not open when cut, lengthened or empty', () => {
    const sealed = ring.seal('label', 'plaintext')
    const wrong = Array.from(sealed, (_, index) => sealed.slice(0, index)).concat(`${sealed}A`, `${sealed}=`)
    for (const text of wrong) {
      expect(['sealed_value_broken', 'key_unknown']).toContain(faultOf(() => ring.open('label', text)))
    }
  })

  it('are never the same twice', () => {
    expect(new Set(Array.from({ length: 1_000 }, () => ring.seal('label', 'plaintext'))).size).toBe(1_000)
  })

  it('tell a secret that left the ring from a value that was changed', () => {
    const sealed = ringOf(older).seal('label', 'plaintext')
    expect(ring.open('label', sealed)).toBe('plaintext')
    expect(faultOf(() => ringOf(newer).open('label', sealed))).toBe('key_unknown')
  })
})

describe('tokens', () => {
  it('are 256 random bits behind the id of their key, and never the same', () => {
    const tokens = Array.from({ length: 1_000 }, () => ring.mintToken('session').token)
    expect(new Set(tokens).size).toBe(1_000)
    for (const token of tokens) expect(token).toMatch(new RegExp(`^${ring.keyIds[0]}[A-Za-z0-9_-]{43}$`))
  })

  it('have a digest of their purpose alone, which does not contain them', () => {
    const { token, digest } = ring.mintToken('session')
    expect(ring.digestToken('session', token)).toBe(digest)
    const digests = purposes.map((purpose) => ring.digestToken(purpose, token))
    expect(new Set(digests).size).toBe(purposes.length)
    expect(digest).not.toContain(token.slice(6))
  })

  it('that are not spelled as ours, or are of a strange key, have none', () => {
    const { token } = ring.mintToken('session')
    const wrong = ['', token.slice(1), `${token}A`, `${token.slice(0, -1)}=`, `${token.slice(0, -1)}\n`, 'A'.repeat(49)]
    expect(wrong.map((text) => ring.digestToken('session', text))).toEqual(wrong.map(() => undefined))
    expect(ring.digestToken('session', ringOf('a third secret, which is long enough').mintToken('session').token)).toBe(
      undefined,
    )
  })

  it('are recognised after a rotation and made under the newest secret alone', () => {
    const old = ringOf(older).mintToken('session')
    expect(ring.digestToken('session', old.token)).toBe(old.digest)
    expect(ringOf(newer).digestToken('session', old.token)).toBeUndefined()
    expect(ring.mintToken('session').token.slice(0, 6)).toBe(ringOf(newer).keyIds[0])
  })

  it('derive their successor from the secret and every character of the text', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), fc.string(), (secret, text, otherSecret, otherText) => {
        const same = secret === otherSecret && text === otherText
        expect(deriveToken(secret, text) === deriveToken(otherSecret, otherText)).toBe(same)
      }),
    )
  })
})

describe('digests of codes, macs and pseudonyms', () => {
  it('match their own purpose, owner and code alone', () => {
    const part = fc.string({ unit: 'binary' }).filter((text) => !text.includes('\n'))
    fc.assert(
      fc.property(part, part, part, part, part, part, (purpose, bound, code, purpose2, bound2, code2) => {
        const digest = ring.digestCode(purpose, bound, code)
        expect(ring.codeMatches(digest, purpose, bound, code)).toBe(true)
        const same = purpose === purpose2 && bound === bound2 && code === code2
        expect(ring.codeMatches(digest, purpose2, bound2, code2)).toBe(same)
      }),
    )
  })

  it('are different for every six-digit code, and nothing without the secret', () => {
    const digests = Array.from({ length: 10_000 }, (_, code) =>
      ring.digestCode('sign-in', 'id', String(code).padStart(6, '0')),
    )
    expect(new Set(digests).size).toBe(10_000)
    expect(
      ringOf('a third secret, which is long enough').codeMatches(digests[0] ?? '', 'sign-in', 'id', '000000'),
    ).toBe(false)
  })

  it('match after a rotation', () => {
    const old = ringOf(older)
    expect(ring.codeMatches(old.digestCode('p', 'b', '123456'), 'p', 'b', '123456')).toBe(true)
    expect(ring.macMatches('label', 'text', old.mac('label', 'text'))).toBe(true)
    expect(ringOf(newer).macMatches('label', 'text', old.mac('label', 'text'))).toBe(false)
  })

  it('belong to their label and text', () => {
    fc.assert(
      fc.property(wellFormed, wellFormed, wellFormed, wellFormed, (label, text, otherLabel, otherText) => {
        const same = label === otherLabel && text === otherText
        expect(ring.macMatches(otherLabel, otherText, ring.mac(label, text))).toBe(same)
        expect(ring.pseudonym(label, text) === ring.pseudonym(otherLabel, otherText)).toBe(same)
      }),
    )
  })

  it('never pass for one another', () => {
    const values = [
      ring.mac('x', 'y'),
      ring.digestCode('x', '', 'y'),
      ring.digestUnder(ring.keyIds[0] ?? '', 'handle', 'y'),
    ]
    expect(new Set(values).size).toBe(values.length)
    expect(ring.macMatches('x', 'y', ring.digestCode('x', '', 'y'))).toBe(false)
    expect(ring.macMatches('x', 'y', '')).toBe(false)
    expect(ring.codeMatches('', 'x', '', 'y')).toBe(false)
  })
})

describe('a ring', () => {
  it('refuses an empty list and a secret that is named twice', () => {
    expect(faultOf(() => ringOf())).toBe('config_invalid')
    expect(faultOf(() => ringOf(newer, older, newer))).toBe('config_invalid')
  })

  it('gives the same keys to every node with the same secrets', () => {
    const other = createKeyRing([newer, older], createSeededRandom(3))
    expect(other.keyIds).toEqual(ring.keyIds)
    expect(other.open('label', ring.seal('label', 'plaintext'))).toBe('plaintext')
    expect(other.pseudonym('account', 'ada@example.com')).toBe(ring.pseudonym('account', 'ada@example.com'))
  })

  it('shows no secret in what it is made of', () => {
    const shown = `${inspect(ring, { depth: null, showHidden: true })} ${ring.keyIds.join(' ')}`
    for (const secret of [newer, older]) expect(shown).not.toContain(secret)
  })
})

describe('the key of a person', () => {
  it('opens for its own user alone', () => {
    const sealed = mintPersonKey(ring, systemRandom, 'user-1')
    expect(openPersonKey(ring, 'user-1', sealed).symmetricKeySize).toBe(32)
    expect(faultOf(() => openPersonKey(ring, 'user-2', sealed))).toBe('sealed_value_broken')
    expect(mintPersonKey(ring, systemRandom, 'user-1')).not.toBe(sealed)
  })

  it('is refused when something else was sealed in its place', () => {
    const short = ring.seal('person-key/user-1', 'c2hvcnQ')
    const text = ring.seal('person-key/user-1', 'not base64url!')
    expect(faultOf(() => openPersonKey(ring, 'user-1', short))).toBe('sealed_value_broken')
    expect(faultOf(() => openPersonKey(ring, 'user-1', text))).toBe('sealed_value_broken')
  })
})
