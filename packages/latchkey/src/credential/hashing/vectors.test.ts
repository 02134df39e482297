import * as openssl from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toUtf8 } from '../../platform/bytes.ts'
import { systemRandom } from '../../platform/random.ts'
import { argon2idVerifier, hashArgon2id } from './argon2id.ts'
import { bcryptVerifier } from './bcrypt.ts'

// The Argon2id cases of version 0x13 in src/test.c of the reference implementation (P-H-C/phc-winner-argon2).
const reference = [
  ['password', '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'],
  ['password', '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4'],
  ['password', '$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc'],
  ['password', '$argon2id$v=19$m=65536,t=1,p=1$c29tZXNhbHQ$9qWtwbpyPd3vm1rB1GThgPzZ3/ydHL92zKL+15XZypg'],
  ['password', '$argon2id$v=19$m=65536,t=4,p=1$c29tZXNhbHQ$kCXUjmjvc5XMqQedpMTsOv+zyJEf5PhtGiUghW9jFyw'],
  ['differentpassword', '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$C4TWUs9rDEvq7w3+J4umqA32aWKB1+DSiRuBfYxFj94'],
  ['password', '$argon2id$v=19$m=65536,t=2,p=1$ZGlmZnNhbHQ$vfMrBczELrFdWP0ZsfhWsRPaHppYdP3MVEMIVlqoFBw'],
] as const

const bcryptVectors = [
  // jBCrypt, TestBCrypt.java.
  ['', '$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.'],
  ['a', '$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe'],
  ['abc', '$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i'],
  ['abcdefghijklmnopqrstuvwxyz', '$2a$06$.rCVZVOThsIa97pEDOxvGuRRgzG64bvtJ0938xuqzv18d3ZpQhstC'],
  ['~!@#$%^&*()      ~!@#$%^&*()PNBFRD', '$2a$06$fPIsBO8qRqkjj273rfaOI.HtSV9jLDpTbZn782DC6/t7qT67P6FfO'],
  // Openwall crypt_blowfish 1.3, wrapper.c; the second is longer than 72 bytes and says so.
  ['U*U', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'],
  [
    '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored',
    '$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui',
  ],
  // bcrypt-ruby, spec/bcrypt/engine_spec.rb.
  ['', '$2b$06$8eVN9RiU8Yki430X.wBvN.LWaqh2962emLVSVXVZIXJvDYLsV0oFu'],
  ['', '$2y$06$mFDtkz6UN7B3GZ2qi2hhaO3OFWzNEdcY84ELw6iHCPruuQfSAXBLK'],
  // The PHP manual, password_verify and crypt.
  ['rasmuslerdorf', '$2y$07$BCryptRequires22Chrcte/VlQH0piJtjXl.0t1XkA8pw9dMXTpOq'],
  ['rasmuslerdorf', '$2a$07$usesomesillystringfore2uDLvp1Ii2e./U9C8sBjqp8I90dH6hi'],
] as const

describe('published vectors', () => {
  it('verifies the Argon2id hashes of the reference implementation, and no other password against them', async () => {
    for (const [password, hash] of reference) {
      expect(argon2idVerifier.inspect(hash).ok).toBe(true)
      expect(await argon2idVerifier.verify(toUtf8(password), hash)).toBe(true)
      expect(await argon2idVerifier.verify(toUtf8(`${password} `), hash)).toBe(false)
    }
  })

  it('verifies the bcrypt hashes of jBCrypt, crypt_blowfish and PHP, and no other password against them', async () => {
    for (const [password, hash] of bcryptVectors) {
      expect(bcryptVerifier.inspect(hash).ok).toBe(true)
      expect(await bcryptVerifier.verify(toUtf8(password), hash)).toBe(true)
      expect(await bcryptVerifier.verify(toUtf8(`!${password}`), hash)).toBe(false)
    }
  })
})

// RFC 9106 appendix B.4 has associated data, which the native binding cannot take. So OpenSSL is held to the RFC, and the binding to
// OpenSSL. Node.js has it from 24.7 on.
describe.skipIf(!('argon2Sync' in openssl))(
  'Argon2id against OpenSSL (node:crypto argon2, Node.js 24.7 or newer)',
  () => {
    const bytes = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value)

    it('OpenSSL gives the tag of RFC 9106 section 5.3', () => {
      const tag = openssl.argon2Sync('argon2id', {
        message: bytes(32, 1),
        nonce: bytes(16, 2),
        secret: bytes(8, 3),
        associatedData: bytes(12, 4),
        parallelism: 4,
        tagLength: 32,
        memory: 32,
        passes: 3,
      })
      expect(tag.toString('hex')).toBe('0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659')
    })

    it('and the same tags as ours for any text and parameters', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.string({ unit: 'grapheme', maxLength: 200 }).map(toUtf8),
          fc.record({
            memoryKib: fc.integer({ min: 64, max: 512 }),
            passes: fc.integer({ min: 1, max: 4 }),
            lanes: fc.integer({ min: 1, max: 4 }),
          }),
          async (password, parameters) => {
            const hash = await hashArgon2id(password, parameters, systemRandom)
            const [salt = '', tag = ''] = hash.split('$').slice(4)
            const expected = openssl.argon2Sync('argon2id', {
              message: password,
              nonce: Buffer.from(salt, 'base64'),
              parallelism: parameters.lanes,
              tagLength: 32,
              memory: parameters.memoryKib,
              passes: parameters.passes,
            })
            expect(Buffer.from(tag, 'base64')).toEqual(expected)
            expect(await argon2idVerifier.verify(password, hash)).toBe(true)
          },
        ),
        { numRuns: 40 },
      )
    })
  },
)
