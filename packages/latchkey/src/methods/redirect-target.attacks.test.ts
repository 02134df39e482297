import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseRedirectTarget } from './redirect-target.ts'

const settings = { publicUrl: 'https://app.example.com', redirectOrigins: ['https://shop.example.com'] }
const parse = (text: string): string | undefined => parseRedirectTarget(settings, text)

it('lets paths of our own and addresses of allowed origins through, normalised', () => {
  expect(
    [
      '/',
      '/account?tab=devices#top',
      '/a/../b',
      'https://app.example.com/account',
      'https://shop.example.com',
      'HTTPS://SHOP.example.com:443/a?b=c',
    ].map(parse),
  ).toEqual([
    '/',
    '/account?tab=devices#top',
    '/b',
    'https://app.example.com/account',
    'https://shop.example.com/',
    'https://shop.example.com/a?b=c',
  ])
})

it('refuses every known way to another host or into a script', () => {
  const payloads = [
    '',
    'account',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/..//evil.example',
    '/./\\evil.example',
    '/.//evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    ' //evil.example',
    '/ /evil.example',
    'https:evil.example',
    'https:/evil.example',
    'https://evil.example',
    'https://app.example.com@evil.example',
    'https://user@app.example.com/',
    'https://user:pass@app.example.com/',
    'https://app.example.com.evil.example',
    'https://app.example.com:444/',
    'http://app.example.com/',
    'https://shop.example.com.evil.example/',
    'https://SHOP.example.com\\@evil.example',
    'javascript:alert(1)',
    'JavaScript://app.example.com/%0aalert(1)',
    'data:text/html,x',
    'blob:https://app.example.com/x',
    'ftp://app.example.com/',
    'https://app.example.com\u3002evil.example',
    '/\u2028//evil.example',
    `/${'a'.repeat(2_048)}`,
  ]
  expect(payloads.filter((text) => parse(text) !== undefined)).toEqual([])
})

it('leads nowhere else, whatever is put together, as a browser reads it', () => {
  const part = fc.constantFrom(
    '/',
    '\\',
    '.',
    '..',
    'evil.example',
    '@',
    ':',
    '?',
    '#',
    '%2f',
    '%5c',
    '\t',
    'https:',
    'a',
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      const target = parse(parts.join(''))
      const origins = [settings.publicUrl, ...settings.redirectOrigins]
      expect(target === undefined || origins.includes(new URL(target, settings.publicUrl).origin)).toBe(true)
    }),
    { numRuns: 5_000 },
  )
})
