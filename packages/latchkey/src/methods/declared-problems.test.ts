import { expect, it } from 'vitest'
import { emailCode } from './email-code/index.ts'
import { magicLink } from './magic-link/index.ts'
import { password } from './password/index.ts'
import { dayMs } from '../platform/clock.ts'
import { createTestAuth, testPassword } from '../testing/test-auth.ts'

const email = 'ada@example.com'
const once = { limit: 1, windowMs: dayMs }

it('every route with a budget says in its documents that it answers 429', async () => {
  const test = createTestAuth({
    methods: [password(), emailCode(), magicLink()],
    limits: { passwordPerNetwork: once, codePerNetwork: once, mailPerNetwork: once, signUpPerNetwork: once },
  })
  const owner = await test.signUp(email)
  const { attempt } = (await test.browser().post('/sign-in/email-code', { email, mode: 'token' })).body
  // The last that binds the browser of the owner before the loop.
  const stepUp = (await owner.post('/session/step-up')).body['attempt']
  const requests: Readonly<Record<string, unknown>> = {
    '/sign-in/factor/password': { attempt: stepUp, password: 'a wrong horse' },
    '/sign-up': { email },
    '/sign-in/password': { email, password: 'a wrong horse' },
    '/sign-in/email-code': { email },
    '/sign-in/factor/email-code': { attempt, code: 'wrong' },
    '/sign-in/factor/email-code/resend': { attempt },
    '/password/reset-request': { email },
    '/password/change': { currentPassword: 'a wrong horse', password: testPassword },
    '/email/verify-request': undefined,
    '/email/change': { email: 'ada@new.example.com' },
    '/sign-in/magic-link': { email },
  }
  for (const [path, body] of Object.entries(requests)) {
    const answers = []
    for (let times = 0; times < 3; times++) answers.push((await owner.post(path, body)).status)
    const route = test.auth.routes.find((known) => known.path === path && known.method === 'POST')
    expect([path, answers.at(-1), route?.problems.includes('rate_limited')]).toEqual([path, 429, true])
  }
})
