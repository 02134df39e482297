import { expect, it } from 'vitest'
import { redirectTarget } from './redirect-target.ts'

const at = { origin: 'https://auth.example.com', redirectOrigins: ['https://app.example.com'] }

it('leads to this origin and to those that the server names', () => {
  expect(redirectTarget('/shop?cart=1#pay', at)).toBe('https://auth.example.com/shop?cart=1#pay')
  expect(redirectTarget('https://auth.example.com/', at)).toBe('https://auth.example.com/')
  expect(redirectTarget('https://app.example.com/a', at)).toBe('https://app.example.com/a')
})

it('leads nowhere else, however it is spelled', () => {
  const elsewhere = [
    '',
    'shop',
    'javascript:alert(1)',
    'data:text/html,x',
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    'https:evil.example',
    'https://app.example.com.evil.example',
    'https://app.example.com@evil.example',
    'http://app.example.com/',
    'https://app.example.com:8443/',
    'https://[',
  ]
  for (const text of elsewhere) expect([text, redirectTarget(text, at)]).toEqual([text, undefined])
})
