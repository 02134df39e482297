import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../platform/clock.ts'
import { systemRandom } from '../../platform/random.ts'
import { argon2idVerifier } from './argon2id.ts'
import {
  createPasswordHasher,
  type PasswordHasher,
  type PasswordHasherOptions,
  type RawPassword,
} from './password-hasher.ts'
import { rawPassword } from './raw-password.ts'
import type { UnusableHashReason } from './verifier.ts'

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

describe('stored hashes that cannot be used', () => {
  const good = '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$' + 'A'.repeat(43)
  const unusable: readonly (readonly [string, UnusableHashReason])[] = [
    ['', 'unknown_scheme'],
    ['a long password', 'unknown_scheme'],
    ['5f4dcc3b5aa765d61d8327deb882cf99', 'unknown_scheme'],
    [good.replace('argon2id', 'argon2i'), 'unknown_scheme'],
    [good.replace('argon2id', 'argon2d'), 'unknown_scheme'],
    [` ${good}`, 'unknown_scheme'],
    [good.replace('v=19', 'v=16'), 'broken'],
    [good.replace('m=19456,t=2,p=1', 't=2,m=19456,p=1'), 'broken'],
    [good.replace('m=19456', 'm=0'), 'broken'],
    [good.replace('m=19456', 'm=019456'), 'broken'],
    [good.replace('m=19456', 'm=-1'), 'broken'],
    [good.replace('p=1', 'p=1,keyid=AA'), 'broken'],
    [`${good}\n`, 'broken'],
    [`${good}=`, 'broken'],
    // Base64 with bits behind the last byte.
    [`${good.slice(0, -1)}B`, 'broken'],
    [good.slice(0, -30), 'broken'],
    [good.replace('m=19456', 'm=262145'), 'above_caps'],
    [good.replace('m=19456', 'm=4294967295'), 'above_caps'],
    [good.replace('t=2', 't=11'), 'above_caps'],
    [good.replace('t=2', 't=4294967295'), 'above_caps'],
    [good.replace('p=1', 'p=255'), 'above_caps'],
    ['$2b$15$BCryptRequires22Chrcte/VlQH0piJtjXl.0t1XkA8pw9dMXTpOq', 'above_caps'],
    ['$2b$31$BCryptRequires22Chrcte/VlQH0piJtjXl.0t1XkA8pw9dMXTpOq', 'above_caps'],
    ['$2b$03$BCryptRequires22Chrcte/VlQH0piJtjXl.0t1XkA8pw9dMXTpOq', 'broken'],
    ['$2b$99$BCryptRequires22Chrcte/VlQH0piJtjXl.0t1XkA8pw9dMXTpOq', 'broken'],
    ['$2b$07$short', 'broken'],
  ]

  it('match nothing, after one hash of the usual cost, and the operator is told why', async () => {
    const reasons: UnusableHashReason[] = []
    const hasher = createHasher({ onUnusableHash: (reason) => reasons.push(reason) })
    for (const [hash] of unusable) {
      expect(await hasher.verify(raw('a long password'), hash, network)).toEqual({ ok: false })
    }
    expect(reasons).toEqual(unusable.map(([, reason]) => reason))
    expect(hasher.stats().completed).toBe(unusable.length)
  })

  it('cost what verifyNothing costs, however much they order', async () => {
    const hasher = createHasher({ parameters: 'owasp', slots: 1 })
    const password = raw('a long password')
    const current = await hasher.hash(password, network)
    // 4 GiB and four thousand million passes would take hours; a broken one would take no time.
    const greedy = good.replace('m=19456,t=2', 'm=4294967295,t=4294967295')
    const candidates = [
      () => hasher.verify(password, current, network),
      () => hasher.verifyNothing(password, network),
      () => hasher.verify(password, greedy, network),
      () => hasher.verify(password, 'broken', network),
    ]
    const times: number[][] = candidates.map(() => [])
    for (let round = 0; round < 15; round++) {
      for (const [index, run] of candidates.entries()) {
        const startedAt = performance.now()
        await run()
        times[index]?.push(performance.now() - startedAt)
      }
    }
    const [right = 0, ...others] = times.map((all) => all.toSorted((a, b) => a - b)[7] ?? 0)
    for (const time of others) {
      expect(time).toBeGreaterThan(right / 2)
      expect(time).toBeLessThan(right * 2)
    }
  })

  it('never throw, whatever was done to them', async () => {
    const hasher = createHasher()
    const made = await hasher.hash(raw('a long password'), network)
    const changed = fc
      .tuple(
        fc.constantFrom(made, '$2y$04$BCryptRequires22Chrcte/VlQH0piJtjXl.0t1XkA8pw9dMXTpOq'),
        fc.nat(100),
        fc.nat(4),
        fc.string({ maxLength: 4 }),
      )
      .map(([hash, at, cut, text]) => hash.slice(0, at) + text + hash.slice(at + cut))
    await fc.assert(
      fc.asyncProperty(fc.oneof(changed, fc.string({ maxLength: 200 })), async (hash) => {
        const result = await hasher.verify(raw('another password'), hash, network)
        expect(result).toEqual({ ok: false })
      }),
      { numRuns: 300 },
    )
  })

  it('are accepted to the edges of what the binding computes', async () => {
    const base64 = (length: number): string => Buffer.alloc(length, 7).toString('base64').replaceAll('=', '')
    for (const [salt, tag] of [
      [8, 16],
      [48, 64],
      [16, 32],
    ] as const) {
      const hash = `$argon2id$v=19$m=64,t=1,p=1$${base64(salt)}$${base64(tag)}`
      expect(argon2idVerifier.inspect(hash).ok).toBe(true)
      expect(await argon2idVerifier.verify(new Uint8Array([120]), hash)).toBe(false)
    }
  })
})
