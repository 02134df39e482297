import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTestCore } from '../testing/test-core.ts'
import { accountKey } from '../throttle/charges.ts'
import { maskEmailAddress, parseEmailAddress } from './email-address.ts'

const parse = (text: string): string | undefined => parseEmailAddress(text)

const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/)
const domain = fc
  .tuple(fc.array(label, { minLength: 1, maxLength: 3 }), fc.constantFrom('com', 'example', 'museum'))
  .map(([labels, top]) => [...labels.filter((text) => !text.startsWith('xn--')), top].join('.'))
const local = fc.stringMatching(/^[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]{1,20}(\.[a-zA-Z0-9+_-]{1,20})?$/)
/** Upper or lower case, letter by letter. */
const recased = (text: string): fc.Arbitrary<string> =>
  fc
    .array(fc.boolean(), { minLength: text.length, maxLength: text.length })
    .map((upper) => Array.from(text, (letter, at) => (upper[at] === true ? letter.toUpperCase() : letter)).join(''))

describe('one normaliser of addresses', () => {
  it('gives every spelling of an address the same form and the same budget', () => {
    const { keys } = createTestCore()
    const spellings = fc.tuple(local, domain).chain(([name, host]) => {
      const address = `${name}@${host}`
      const padding = fc.stringMatching(/^ {0,3}$/)
      return fc.tuple(fc.constant(address), recased(address), padding, padding)
    })
    fc.assert(
      fc.property(spellings, ([address, spelling, before, behind]) => {
        const expected = parseEmailAddress(address)
        const parsed = parseEmailAddress(before + spelling + behind)
        expect(parsed).toBe(address.toLowerCase())
        if (expected === undefined || parsed === undefined) return
        expect(accountKey({ keys }, parsed)).toBe(accountKey({ keys }, expected))
      }),
    )
  })

  it('changes nothing that it gave out itself', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.tuple(local, domain), fc.tuple(fc.string({ unit: 'binary' }), domain)),
        ([name, host]) => {
          const parsed = parse(`${name}@${host}`)
          expect(parsed === undefined ? undefined : parse(parsed)).toBe(parsed)
        },
      ),
    )
  })

  it('gives nothing but printable ASCII with one @, at most 254 characters, whatever comes in', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })).map((parts) => parts.join('@')),
      fc.tuple(local, fc.string({ unit: 'binary' })).map((parts) => parts.join('@')),
      fc.tuple(fc.string({ unit: 'grapheme' }), domain).map((parts) => parts.join('@')),
    )
    fc.assert(
      fc.property(anything, (text) => {
        const parsed = parse(text)
        expect(parsed ?? 'none@example.com').toMatch(/^(?=.{3,254}$)[!-?^-~]+@[a-z0-9.-]+$/)
      }),
      { numRuns: 1_000 },
    )
  })

  it('folds nothing that is not ASCII into a local part: a twin is another person', () => {
    for (const twin of [
      '\u212aate',
      'm\u0131ke',
      'M\u0130KE',
      'ada\u00ad',
      'ad\uff41',
      'stra\u00dfe',
      '\u017fam',
      'ada\u200b',
    ]) {
      expect(parse(`${twin}@example.com`)).toBeUndefined()
    }
  })

  it('leaves dots, plus signs and digits of a local part alone', () => {
    expect(parse('A.d.a+x@example.com')).toBe('a.d.a+x@example.com')
  })

  it('brings a domain into its one ASCII form', () => {
    const forms = {
      'M\u00dcNCHEN.example': 'xn--mnchen-3ya.example',
      'example\u3002com': 'example.com',
      'EXA\u00adMPLE.com': 'example.com',
    }
    for (const [given, wanted] of Object.entries(forms)) expect(parse(`ada@${given}`)).toBe(`ada@${wanted}`)
  })

  it('refuses line breaks, NUL and other controls wherever they stand', () => {
    for (const control of ['\r\n', '\n', '\r', '\0', '\t', '\u007f', '\u001b']) {
      for (const text of [
        `${control}ada@example.com`,
        `a${control}da@example.com`,
        `ada@exa${control}mple.com`,
        `ada@example.com${control}`,
      ])
        expect(parse(text)).toBeUndefined()
    }
  })

  it('refuses what is no address, and hosts that are numbers or end early', () => {
    const wrong = [
      '',
      '@',
      'ada',
      'ada@',
      '@example.com',
      'a@b@example.com',
      '.ada@example.com',
      'ada.@example.com',
      'a..b@example.com',
    ]
    const hosts = [
      '127.0.0.1',
      '0x7f.1',
      '[::1]',
      '[127.0.0.1]',
      'example.com.',
      '.example.com',
      'a..b',
      '-a.com',
      'a_b.com',
    ]
    const tails = [
      'example.com/x',
      'example.com?x',
      'example.com#x',
      'example.com:25',
      'example.com%2f',
      'example.com\\x',
      'exa mple.com',
    ]
    const quoted = [
      '"ada"@example.com',
      'ada(x)@example.com',
      'Ada <ada@example.com>',
      'ada@example.com,eve@example.com',
    ]
    for (const text of [...wrong, ...quoted, ...[...hosts, ...tails].map((host) => `ada@${host}`)])
      expect([text, parse(text)]).toEqual([text, undefined])
  })

  it('ends at 64 characters of local part and 254 in all, and does no work beyond', () => {
    const host = `${'a'.repeat(61)}.${'b'.repeat(61)}.${'c'.repeat(61)}.com`
    expect(parse(`${'x'.repeat(64)}@example.com`)).toBeDefined()
    expect(parse(`${'x'.repeat(65)}@example.com`)).toBeUndefined()
    expect(parse(`${'x'.repeat(254 - host.length - 1)}@${host}`)).toHaveLength(254)
    expect(parse(`${'x'.repeat(255 - host.length - 1)}@${host}`)).toBeUndefined()
    expect(parse(`${'x'.repeat(10_000)}@example.com`)).toBeUndefined()
    expect(parse(`ada@${'x.'.repeat(5_000)}com`)).toBeUndefined()
  })
})

describe('a masked address', () => {
  it('shows one letter and the domain, whatever the length of the rest', () => {
    for (const text of ['j@example.com', 'jo@example.com', 'josephine@example.com']) {
      const address = parseEmailAddress(text)
      expect(address && maskEmailAddress(address)).toBe('j…@example.com')
    }
  })
})
