import { describe, expect, it } from 'vitest'
import { createCookies } from './cookies.ts'

describe('cookies', () => {
  const secure = createCookies(true)
  const nothing = { session: undefined, binding: undefined, device: undefined }

  it('are read under their exact names alone, without falling back to the unprefixed one', () => {
    expect(secure.read('latchkey=a.b; latchkey-attempt=c; latchkey-device=d')).toEqual(nothing)
    expect(secure.read('__Secure-latchkey=a.b; __host-latchkey=a.b; __Host-Latchkey=a.b')).toEqual(nothing)
    expect(createCookies(false).read('__Host-latchkey=a.b; latchkey=c.d')).toEqual({ ...nothing, session: 'c.d' })
  })

  it('have no value when a name comes twice, same value or not, however they are spaced', () => {
    expect(secure.read('__Host-latchkey=a.b; __Host-latchkey=a.b')).toEqual(nothing)
    expect(secure.read('__Host-latchkey=evil; x=1;__Host-latchkey=a.b;__Host-latchkey=c')).toEqual(nothing)
    expect(secure.read(' __Host-latchkey =a.b;\t__Host-latchkey=c.d')).toEqual(nothing)
    expect(secure.read('__Host-latchkey=; __Host-latchkey=a.b')).toEqual(nothing)
  })

  it('have no value when it could not be one of ours', () => {
    for (const value of ['', '"a.b"', 'a b', 'a,b', 'a%2Eb', 'a\u00e9', 'a=b', 'x'.repeat(513), 'a\tb', "a'b"]) {
      expect([value, secure.read(`__Host-latchkey=${value}`).session]).toEqual([value, undefined])
    }
    expect(secure.read(`__Host-latchkey=${'x'.repeat(512)}`).session).toHaveLength(512)
  })

  it('survive a header full of noise', () => {
    expect(secure.read(';;;=;a;=b; __Host-latchkey-device=d ;')).toEqual({ ...nothing, device: 'd' })
    expect(secure.read('x=1; '.repeat(2_000))).toEqual(nothing)
    expect(secure.read('x; '.repeat(5_000) + '__Host-latchkey=a.b; x')).toEqual({ ...nothing, session: 'a.b' })
  })

  it('are never written with a value that would end the cookie', () => {
    for (const value of ['a;b', 'a; Domain=evil.example', 'a\r\nSet-Cookie: x=y', '', 'a"b', 'x'.repeat(600)]) {
      expect(() => secure.write({ session: { value, maxAgeSeconds: 1 } })).toThrow(TypeError)
    }
  })

  it('do not put the refused value into the message', () => {
    expect(() => secure.write({ session: { value: 'sec;ret', maxAgeSeconds: 1 } })).toThrow(/^(?!.*sec;ret)/)
  })

  it('live whole seconds, never a negative number of them, and stay below 4,096 bytes', () => {
    const [cookie = ''] = secure.write({ session: { value: 'x'.repeat(512), maxAgeSeconds: -3.5 } })
    expect(cookie).toContain('; Max-Age=0;')
    expect(cookie.length).toBeLessThan(4_096)
    expect(cookie).not.toContain('Domain')
  })
})
