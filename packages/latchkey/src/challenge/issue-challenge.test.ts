import { describe, expect, it } from 'vitest'
import { minuteMs } from '../platform/clock.ts'
import { createSeededRandom } from '../testing/seeded-random.ts'
import { createTestAuth, testPassword } from '../testing/test-auth.ts'
import { createTestCore } from '../testing/test-core.ts'
import { issueChallenge, mintCode, type IssueChallenge } from './issue-challenge.ts'

const input: IssueChallenge<'password-reset'> = {
  purpose: 'password-reset',
  userId: null,
  account: 'a'.repeat(22),
  mode: 'cookie',
  ttlMs: minuteMs,
  code: 'real',
  data: { email: 'ada@example.com' as IssueChallenge<'password-reset'>['data']['email'] },
}

describe('issuing a challenge', () => {
  it('keeps digests and sealed data, nothing that a dump could be used with', () => {
    const core = createTestCore()
    const { challenge, handle, binding, code } = issueChallenge(core, input)
    const row = JSON.stringify(challenge)
    const [, secret] = handle.split('.')
    for (const clear of [secret, binding, code, 'ada@example.com']) expect(row).not.toContain(clear)
    expect(core.keys.codeMatches(challenge.codeDigest ?? '', 'password-reset', challenge.id, code ?? '')).toBe(true)
  })

  it('digests a code for its purpose and its row: it fits nowhere else', () => {
    const core = createTestCore()
    const [one, other] = [issueChallenge(core, input), issueChallenge(core, input)]
    const { codeDigest, id } = one.challenge
    const fits = (purpose: string, row: string): boolean =>
      core.keys.codeMatches(codeDigest ?? '', purpose, row, one.code ?? '')
    expect([fits('password-reset', id), fits('sign-in', id), fits('password-reset', other.challenge.id)]).toEqual([
      true,
      false,
      false,
    ])
  })

  it('binds to a browser in cookie mode alone, and expects no code where there is none', () => {
    const core = createTestCore()
    const { challenge, binding, code } = issueChallenge(core, { ...input, mode: 'token', code: 'none' })
    expect([
      binding,
      code,
      challenge.bindingDigest,
      challenge.codeDigest,
      challenge.codeExpiresAt,
      challenge.sends,
    ]).toEqual([null, null, null, null, null, 0])
  })

  it('draws codes of six digits evenly, zeros in front included', () => {
    const random = createSeededRandom(11)
    const firsts = Array.from({ length: 10 }, () => 0)
    for (let draw = 0; draw < 10_000; draw++) {
      const code = mintCode(random)
      expect(code).toMatch(/^\d{6}$/)
      firsts[Number(code[0])] = (firsts[Number(code[0])] ?? 0) + 1
    }
    for (const count of firsts) expect(Math.abs(count - 1_000)).toBeLessThan(150)
  })
})

describe('a row that stands for an address without a code to get', () => {
  it('is opened by no digits at all, neither at first nor after it was sent again', async () => {
    const seeded = createSeededRandom(3)
    // Whatever six digits are drawn, they are these.
    const random = { ...seeded, integer: (below: number) => (below === 1_000_000 ? 123_456 : seeded.integer(below)) }
    const test = createTestAuth({ random })
    await test.signUp('ada@example.com')
    const decoys = [
      ['/sign-in/email-code', { email: 'nobody@example.com' }],
      ['/sign-up', { email: 'ada@example.com', password: testPassword }],
    ] as const
    for (const [path, body] of decoys) {
      const browser = test.browser()
      const started = await browser.post(path, body)
      const answers = [(await test.proveCode(browser, started, '123456')).body['code']]
      await browser.post('/sign-in/factor/email-code/resend', { attempt: started.body['attempt'] })
      answers.push((await test.proveCode(browser, started, '123456')).body['code'])
      expect([path, answers]).toEqual([path, ['wrong_code', 'wrong_code']])
    }
  })
})
