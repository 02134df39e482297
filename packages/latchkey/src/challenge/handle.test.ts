import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createIds } from '../platform/ids.ts'
import { brand } from '../platform/brand.ts'
import { createKeyRing } from '../secrets/key-ring.ts'
import { createFakeClock } from '../testing/fake-clock.ts'
import { createSeededRandom } from '../testing/seeded-random.ts'
import { createTestAuth } from '../testing/test-auth.ts'
import type { ChallengeId } from './challenge.ts'
import { formatHandle, parseHandle } from './handle.ts'

const random = createSeededRandom(5)
const keys = createKeyRing(['a secret for tests that is long enough'], random)
const ids = createIds(createFakeClock(), random)
const account = keys.pseudonym('account', 'ada@example.com')
const mint = (): ReturnType<typeof formatHandle> => formatHandle(keys, brand<ChallengeId>(ids.next()), account)

describe('a handle', () => {
  it('is read back as it was made, with the digest that was stored', () => {
    const { text, digest } = mint()
    expect(parseHandle(keys, text)).toEqual({ challengeId: text.slice(0, 36), digest, account })
  })

  it('with any one character changed is no handle, or that of another row, or of another digest', () => {
    const { text, digest } = mint()
    const characters = fc.oneof(
      fc.stringMatching(/^[A-Za-z0-9_-]$/),
      fc.constantFrom('.', ' ', '\0', '\n', 'é', '%', '='),
    )
    fc.assert(
      fc.property(fc.nat(text.length - 1), characters, (at, character) => {
        fc.pre(text[at] !== character)
        const parsed = parseHandle(keys, text.slice(0, at) + character + text.slice(at + 1))
        expect(parsed?.digest === digest && parsed.challengeId === text.slice(0, 36)).toBe(false)
      }),
      { numRuns: 1_000 },
    )
  })

  it('is nothing when it is cut, longer, doubled, or made under a secret that left the list', () => {
    const { text } = mint()
    const others = createKeyRing(['another secret that is long enough too'], random)
    for (const changed of [
      '',
      text.slice(0, -1),
      `${text}A`,
      `${text}.${text}`,
      `.${text}`,
      `${text}.`,
      text.toUpperCase(),
      'x'.repeat(10_000),
    ])
      expect(parseHandle(keys, changed)).toBeUndefined()
    expect(parseHandle(others, text)).toBeUndefined()
  })

  it('says whether a browser is bound, and neither loses nor gets that mark', () => {
    const unbound = formatHandle(keys, brand<ChallengeId>(ids.next()), account, { unbound: true })
    expect(unbound.text).toMatch(/\.u$/)
    expect(parseHandle(keys, unbound.text)?.digest).toBe(unbound.digest)
    expect(parseHandle(keys, unbound.text.slice(0, -2))?.digest).not.toBe(unbound.digest)
    const bound = mint()
    expect(bound.text).not.toMatch(/\.u$/)
    expect(parseHandle(keys, `${bound.text}.u`)?.digest).not.toBe(bound.digest)
    expect(parseHandle(keys, `${unbound.text}.u`)).toBeUndefined()
  })

  it('lives on when a newer secret is put before its own', () => {
    const { text, digest } = mint()
    const rotated = createKeyRing(
      ['a newer secret, also long enough!', 'a secret for tests that is long enough'],
      random,
    )
    expect(parseHandle(rotated, text)?.digest).toBe(digest)
  })

  it('has a secret of 256 bits, never twice the same', () => {
    const secrets = new Set(Array.from({ length: 1_000 }, () => mint().text.split('.')[1]))
    expect(secrets.size).toBe(1_000)
    for (const secret of secrets) expect(secret).toMatch(/^[A-Za-z0-9_-]{49}$/)
  })

  it('with one character of any part changed proves nothing over HTTP and takes nothing from its attempt', async () => {
    const test = createTestAuth()
    await test.signUp('ada@example.com')
    const browser = test.browser()
    const started = await browser.post('/sign-in/email-code', { email: 'ada@example.com' })
    const text = String(started.body['attempt'])
    const code = await test.codeFor('ada@example.com')
    for (let at = 0; at < text.length; at += 3) {
      const attempt = text.slice(0, at) + (text[at] === 'a' ? 'b' : 'a') + text.slice(at + 1)
      const answer = await browser.post('/sign-in/factor/email-code', { attempt, code })
      expect([answer.status, answer.body['code']]).toEqual([401, 'attempt_over'])
    }
    expect((await test.proveCode(browser, started, code)).body).toMatchObject({ status: 'signed_in' })
  })
})
