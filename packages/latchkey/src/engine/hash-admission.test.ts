import { describe, expect, it } from 'vitest'
import { createTestAuth, testPassword, type TestAuth } from '../testing/test-auth.ts'
import type { TestAnswer } from '../testing/test-browser.ts'

const email = 'ada@example.com'
const hashing = {
  parameters: { memoryKib: 8_192, passes: 1, lanes: 1 },
  unsafeWeakParameters: { reason: 'tests hash often' },
}

async function gauge(test: TestAuth, name: string): Promise<number> {
  const line = (await test.auth.metrics()).split('\n').find((text) => text.startsWith(`${name} `))
  return Number(line?.split(' ')[1])
}

describe('twenty sign-ins at once', () => {
  it('never run more hashes than are admitted, and all are answered', async () => {
    const test = createTestAuth({ hashing: { ...hashing, slots: 2 } })
    await test.signUp(email)
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        test.browser().post('/sign-in/password', { email: `nobody${index}@example.com`, password: testPassword }),
      ),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 401))
    expect(await gauge(test, 'latchkey_hashes_peak')).toBeLessThanOrEqual(2)
    expect(await gauge(test, 'latchkey_hashes_shed')).toBe(0)
  })

  it('past the queue get 503 with Retry-After, and what was shed costs the account nothing', async () => {
    const limits = { passwordPerAccount: { limit: 10, windowMs: 900_000 } }
    const test = createTestAuth({ hashing: { ...hashing, slots: 1, maxQueued: 3 }, limits })
    await test.signUp(email)
    const rounds = 6
    let shed = 0
    for (let round = 0; round < rounds; round++) {
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => test.browser().post('/sign-in/password', { email, password: testPassword })),
      )
      for (const { status, headers, body } of answers) {
        if (status === 200) continue
        expect([status, body['code']]).toEqual([503, 'unavailable'])
        expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
        shed += 1
      }
      // Mailed codes have a budget of their own, which is not what is tried here.
      await test.clock.advance(3_600_000)
    }
    // One runs and three wait: at least half of the eight are turned away.
    expect(shed).toBeGreaterThanOrEqual(rounds * 4)
    expect(await gauge(test, 'latchkey_hashes_shed')).toBe(shed)
    expect(await gauge(test, 'latchkey_hashes_peak')).toBe(1)

    // The ceiling counts guesses that were made: ten in all, however many more were shed before them.
    const guess = (): Promise<TestAnswer> => test.browser().post('/sign-in/password', { email, password: 'wrong' })
    const burst = await Promise.all(Array.from({ length: 9 }, guess))
    let guesses = burst.filter(({ status }) => status === 401).length
    expect(burst.filter(({ status }) => status === 503).length).toBeGreaterThanOrEqual(5)
    while ((await guess()).status === 401) guesses += 1
    expect(guesses).toBe(10)
  })
})
