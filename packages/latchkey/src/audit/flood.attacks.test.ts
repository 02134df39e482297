import { describe, expect, it } from 'vitest'
import { emailCode } from '../methods/email-code/index.ts'
import { password } from '../methods/password/index.ts'
import { totp } from '../methods/totp/index.ts'
import { minuteMs } from '../platform/clock.ts'
import { createTestAuth } from '../testing/test-auth.ts'

describe('knocking does not fill the audit log', () => {
  it('past the ceiling of a network refusals are answered as before and not written, until there is room again', async () => {
    const limits = { refusalPerNetwork: { limit: 20, windowMs: 15 * minuteMs } }
    const test = createTestAuth({ limits })
    const knocker = test.browser()
    const made = { attempt: 'nobody.at.all', code: '123456' }
    const seen = new Set<string>()
    for (let times = 0; times < 60; times++) {
      const { status, body } = await knocker.post('/sign-in/factor/email-code', made)
      seen.add(`${status} ${String(body['code'])}`)
    }
    expect([...seen]).toEqual(['401 attempt_over'])
    expect(await test.events()).toHaveLength(20)
    await test.browser().post('/sign-in/factor/email-code', made)
    expect(await test.events()).toHaveLength(21)
    await test.clock.advance(15 * minuteMs)
    await knocker.post('/sign-in/factor/email-code', made)
    expect(await test.events()).toHaveLength(22)
  })

  it('and a failure that used up a budget is always written', async () => {
    const limits = { refusalPerNetwork: { limit: 1, windowMs: 15 * minuteMs } }
    const test = createTestAuth({ limits })
    const knocker = test.browser()
    for (let times = 0; times < 12; times++)
      await knocker.post('/sign-in/password', { email: 'ada@example.com', password: 'wrong horse' })
    const events = await test.events()
    expect(events.filter((event) => event === 'login.failure unknown_address')).toHaveLength(10)
    expect(events.filter((event) => event.startsWith('login.limited'))).toHaveLength(1)
  })

  it('does not come from one session that knocks with made-up enrolments, or begins steps up without end', async () => {
    const few = { limit: 3, windowMs: 15 * minuteMs }
    const test = createTestAuth({
      methods: [password(), emailCode(), totp()],
      limits: { refusalPerNetwork: few, ceremonyPerNetwork: few },
    })
    const ada = await test.signUp('ada@example.com')
    const before = (await test.events()).length
    for (let i = 0; i < 20; i++) {
      await ada.post('/totp/confirm', { factorId: 'made up', code: '000000' })
      await ada.post('/session/step-up')
    }
    const seen = (await test.events()).slice(before)
    expect(seen.filter((event) => event === 'totp.enrolment_failed attempt_over')).toHaveLength(3)
    expect(seen.filter((event) => event === 'session.step_up_started')).toHaveLength(3)
  })
})
