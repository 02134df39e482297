import { hash as bcryptHash } from '@node-rs/bcrypt'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../platform/clock.ts'
import { systemRandom } from '../../platform/random.ts'
import {
  createPasswordHasher,
  needsRehash,
  type PasswordHasher,
  type PasswordHasherOptions,
  type RawPassword,
} from './password-hasher.ts'
import { rawPassword } from './raw-password.ts'

const forTests = {
  parameters: { memoryKib: 8_192, passes: 1, lanes: 1 },
  unsafeWeakParameters: { reason: 'tests of behaviour, not of cost' },
}
const network = '192.0.2.1'

function createHasher(options: Partial<PasswordHasherOptions> = {}): PasswordHasher {
  return createPasswordHasher({ clock: systemClock, random: systemRandom, ...forTests, ...options })
}

function raw(text: string): RawPassword {
  const password = rawPassword(text, 1_024)
  if (password === undefined) throw new Error('the test needs a password that can be one')
  return password
}

describe('hash and verify', () => {
  it('makes Argon2id in the PHC format with the configured parameters and a fresh salt', async () => {
    const hasher = createHasher({ parameters: 'owasp' })
    const [first, second] = await Promise.all([
      hasher.hash(raw('a long password'), network),
      hasher.hash(raw('a long password'), network),
    ])
    expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
    expect(first).not.toBe(second)
  })

  it('verifies the right password and no other', async () => {
    const hasher = createHasher()
    const hash = await hasher.hash(raw('a long password'), network)
    expect(await hasher.verify(raw('a long password'), hash, network)).toEqual({ ok: true, needsRehash: false })
    for (const wrong of [
      'A long password',
      'a long password ',
      ' a long password',
      'a long passwor',
      'a long password\0',
    ]) {
      expect(await hasher.verify(raw(wrong), hash, network)).toEqual({ ok: false })
    }
  })

  it('takes composed and decomposed spellings for the same password', async () => {
    const hasher = createHasher()
    const hash = await hasher.hash(raw('r\u00e9sum\u00e9-2031'), network)
    expect(await hasher.verify(raw('re\u0301sume\u0301-2031'), hash, network)).toMatchObject({ ok: true })
    expect(await hasher.verify(raw('resume-2031'), hash, network)).toEqual({ ok: false })
  })

  it('verifies 64 emoji and 1,024 characters whole: the last one counts', async () => {
    const hasher = createHasher()
    for (const [text, cut] of [
      ['🔑'.repeat(63) + '🦊', '🔑'.repeat(63) + '🐻'],
      ['é'.repeat(1_023) + 'a', 'é'.repeat(1_023) + 'b'],
    ] as const) {
      const hash = await hasher.hash(raw(text), network)
      expect(await hasher.verify(raw(text), hash, network)).toMatchObject({ ok: true })
      expect(await hasher.verify(raw(cut), hash, network)).toEqual({ ok: false })
    }
  })

  it('counts every character after a NUL', async () => {
    const hasher = createHasher()
    const hash = await hasher.hash(raw('before\0after'), network)
    expect(await hasher.verify(raw('before\0after'), hash, network)).toMatchObject({ ok: true })
    expect(await hasher.verify(raw('before\0other'), hash, network)).toEqual({ ok: false })
    expect(await hasher.verify(raw('before'), hash, network)).toEqual({ ok: false })
  })

  it('never sees a password of 10,000 characters', () => {
    expect(rawPassword('x'.repeat(10_000), 1_024)).toBeUndefined()
  })

  it('refuses parameters below the list of OWASP at once', () => {
    const parameters = { memoryKib: 8_192, passes: 1, lanes: 1 }
    expect(() => createPasswordHasher({ clock: systemClock, random: systemRandom, parameters })).toThrow(/OWASP/)
  })
})

describe('bcrypt, which other systems made', () => {
  it('verifies $2a$, $2b$ and $2y$ and always asks for a new hash', async () => {
    const hasher = createHasher()
    for (const version of ['2a', '2b', '2y'] as const) {
      const hash = await bcryptHash('a long password', { cost: 4, version })
      expect(hash.startsWith(`$${version}$04$`)).toBe(true)
      expect(await hasher.verify(raw('a long password'), hash, network)).toEqual({ ok: true, needsRehash: true })
      expect(await hasher.verify(raw('a long passwore'), hash, network)).toEqual({ ok: false })
    }
  })

  it('compares 72 bytes, as bcrypt defines it: the 72nd counts, the 73rd does not', async () => {
    const hasher = createHasher()
    const hash = await bcryptHash('x'.repeat(72), { cost: 4 })
    expect(await hasher.verify(raw('x'.repeat(72)), hash, network)).toEqual({ ok: true, needsRehash: true })
    expect(await hasher.verify(raw(`${'x'.repeat(72)}tail`), hash, network)).toEqual({ ok: true, needsRehash: true })
    expect(await hasher.verify(raw(`${'x'.repeat(71)}y`), hash, network)).toEqual({ ok: false })
    expect(await hasher.verify(raw('x'.repeat(71)), hash, network)).toEqual({ ok: false })
    // 36 characters of two bytes each.
    const umlauts = await bcryptHash('ü'.repeat(36), { cost: 4 })
    expect(await hasher.verify(raw('ü'.repeat(40)), umlauts, network)).toMatchObject({ ok: true })
    expect(await hasher.verify(raw('ü'.repeat(35)), umlauts, network)).toEqual({ ok: false })
  })

  it('does not let a NUL repeat the key', async () => {
    const hasher = createHasher()
    const hash = await bcryptHash('abc', { cost: 4 })
    expect(await hasher.verify(raw('abc'), hash, network)).toMatchObject({ ok: true })
    for (const text of ['abc\0abc', 'abc\0', 'abc\0abc\0abc']) {
      expect(await hasher.verify(raw(text), hash, network)).toEqual({ ok: false })
    }
  })

  it('does not take $2x$, whose sign bug lets other passwords in', async () => {
    const hasher = createHasher()
    const hash = (await bcryptHash('abc', { cost: 4 })).replace('$2b$', '$2x$')
    expect(await hasher.verify(raw('abc'), hash, network)).toEqual({ ok: false })
  })
})

describe('needsRehash', () => {
  const salt = 'c29tZXNhbHRzb21lc2FsdA'
  const tag = 'A'.repeat(43)
  const phc = (cost: string, saltText = salt, tagText = tag): string => `$argon2id$v=19$${cost}$${saltText}$${tagText}`

  it('is true below the policy in any parameter, for short salts and tags, bcrypt, and what cannot be read', () => {
    expect(needsRehash(phc('m=19456,t=2,p=1'))).toBe(false)
    expect(needsRehash(phc('m=65536,t=3,p=4'))).toBe(false)
    expect(needsRehash(phc('m=19455,t=2,p=1'))).toBe(true)
    expect(needsRehash(phc('m=47104,t=1,p=1'))).toBe(true)
    expect(needsRehash(phc('m=19456,t=2,p=1'), { parameters: 'rfc9106' })).toBe(true)
    expect(needsRehash(phc('m=19456,t=2,p=1', 'c29tZXNhbHQ'))).toBe(true)
    expect(needsRehash(phc('m=19456,t=2,p=1', salt, 'A'.repeat(22)))).toBe(true)
    expect(needsRehash('$2y$12$BCryptRequires22Chrcte/VlQH0piJtjXl.0t1XkA8pw9dMXTpOq')).toBe(true)
    expect(needsRehash('plaintext')).toBe(true)
  })

  it('is told with the right password after the policy grew, and not after it shrank', async () => {
    const weak = createHasher()
    const strong = createHasher({ parameters: 'owasp' })
    const password = raw('a long password')
    const [old, recent] = await Promise.all([weak.hash(password, network), strong.hash(password, network)])
    expect(await strong.verify(password, old, network)).toEqual({ ok: true, needsRehash: true })
    expect(await weak.verify(password, recent, network)).toEqual({ ok: true, needsRehash: false })
  })
})

describe('verifyNothing', () => {
  it('is one hash through the same door, and works before anything else was hashed', async () => {
    const hasher = createHasher()
    await Promise.all([hasher.verifyNothing(raw('a'), network), hasher.verifyNothing(raw('b'), network)])
    expect(hasher.stats()).toMatchObject({ completed: 2, running: 0, queued: 0, shed: 0 })
  })
})

describe('under load', () => {
  it('runs 20 sign-ins in no more slots than it has, off the event loop', async () => {
    const hasher = createHasher({ parameters: 'owasp', slots: 2 })
    const password = raw('a long password')
    const hash = await hasher.hash(password, network)
    const before = performance.eventLoopUtilization()
    let rounds = 0
    let isOver = false
    const turn = (): void => {
      rounds++
      if (!isOver) setTimeout(turn, 1)
    }
    turn()
    const startedAt = performance.now()
    const verifications = Array.from({ length: 20 }, (_, index) => hasher.verify(password, hash, `192.0.2.${index}`))
    expect(hasher.stats()).toMatchObject({ running: 2, queued: 18 })
    const results = await Promise.all(verifications)
    isOver = true
    const tookMs = performance.now() - startedAt
    const { active } = performance.eventLoopUtilization(before)
    expect(results.every(({ ok }) => ok)).toBe(true)
    expect(hasher.stats()).toMatchObject({ running: 0, queued: 0, completed: 21, shed: 0, peakRunning: 2 })
    // Twenty hashes are all the work there is; on the loop's thread they would fill its time and leave no round between them.
    expect(active).toBeLessThan(tookMs / 4)
    expect(rounds).toBeGreaterThan(20)
  })

  it('sheds past the queue with a time to come back, and does no work for it', async () => {
    const hasher = createHasher({ slots: 1, maxQueued: 4, maxQueuedPerNetwork: 4 })
    const attempts = Array.from({ length: 10 }, () => hasher.hash(raw('a long password'), network))
    const outcomes = await Promise.allSettled(attempts)
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
    expect(refused).toHaveLength(5)
    for (const reason of refused) {
      expect(reason).toMatchObject({ name: 'LatchkeyError', code: 'hashing_overloaded', retryAfterSeconds: 1 })
    }
    expect(hasher.stats()).toMatchObject({ completed: 5, shed: 5, peakRunning: 1, running: 0, queued: 0 })
  })
})
