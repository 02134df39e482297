import { describe, expect, it } from 'vitest'
import { emailCode } from '../methods/email-code/index.ts'
import { magicLink } from '../methods/magic-link/index.ts'
import { password } from '../methods/password/index.ts'
import { totp } from '../methods/totp/index.ts'
import { createMemoryStorage } from '../storage/memory/memory-storage.ts'
import { createFakeClock } from '../testing/fake-clock.ts'
import { costOf, observeStorage } from '../testing/observed-storage.ts'
import { createTestAuth, testPassword, type TestAuth } from '../testing/test-auth.ts'
import { enrolTestTotp } from '../testing/test-totp.ts'

const email = 'ada@example.com'
const newEmail = 'eve@example.com'

interface Setting {
  readonly test: TestAuth
  /** The newest mail to the address, when the courier has written down that it left. */
  mailTo(address: string): Promise<{ readonly code: string; readonly token: string }>
  /** What was asked of the store since the last time, without the jobs that run by the clock. */
  costs(): readonly string[]
}

/** A process as in production: it queues mails and sends them. */
async function createSetting(): Promise<Setting> {
  const clock = createFakeClock()
  const observed = observeStorage(createMemoryStorage({ clock }))
  const methods = [password(), emailCode(), magicLink(), totp()]
  const test = createTestAuth({ storage: observed.storage, clock, backgroundWork: true, methods })
  await test.auth.users.create({ email, password: testPassword, emailVerified: true })
  test.auth.start()
  // The first look at the outbox; the sealer and the janitor begin later.
  await expect.poll(() => costOf(observed.calls)).toContain('dueMessages')
  observed.forget()
  return {
    test,
    async mailTo(address) {
      const settled = (): number => costOf(observed.calls).filter((call) => call === 'commit settleMessage').length
      await expect.poll(settled).toBe(1)
      const mail = test.mailbox.latest(address)
      return { code: mail?.code ?? '', token: mail?.link?.split('#token=')[1] ?? '' }
    },
    costs() {
      const calls = costOf(observed.calls)
      observed.forget()
      return calls.filter((call) => !byTheClock.has(call))
    },
  }
}

/** Jobs of every second, whatever is asked for. That no mail asks for a look at the outbox is shown in `courier/hand-over.test.ts`. */
const byTheClock = new Set([
  'dueMessages',
  'databaseNow',
  'lastSeal',
  'listEventRange',
  'lastChangeBefore',
  'listChanges',
])

describe('what a request costs whose mail this process sends: one commit beyond its own, and no query', () => {
  it('sign-up', async () => {
    const { test, mailTo, costs } = await createSetting()
    const browser = test.browser()
    const started = await browser.post('/sign-up', { email: newEmail, password: testPassword })
    const { code } = await mailTo(newEmail)
    expect(costs()).toEqual([
      'charge sign-up/network mail/network mail/address',
      'findUserByEmail',
      'commit issueChallenge enqueueMessage appendEvent',
      'commit settleMessage',
    ])
    const finished = await test.proveCode(browser, started, code)
    expect(finished.body).toMatchObject({ status: 'signed_in' })
    expect(costs()).toEqual([
      'charge attempt code/network code/account',
      'commit createUser addCredential consumeChallenge refundBudget refundBudget appendEvent openSession trimSessions rememberDevice appendEvent',
    ])
    await test.auth.close()
  })

  it('e-mail code', async () => {
    const { test, mailTo, costs } = await createSetting()
    const browser = test.browser()
    const started = await browser.post('/sign-in/email-code', { email })
    const { code } = await mailTo(email)
    expect(costs()).toEqual([
      'charge mail/network mail/address',
      'findUserByEmail',
      'commit issueChallenge enqueueMessage appendEvent',
      'commit settleMessage',
    ])
    const finished = await test.proveCode(browser, started, code)
    expect(finished.body).toMatchObject({ status: 'signed_in' })
    expect(costs()).toEqual([
      'charge attempt code/network code/account',
      'findSubject',
      'commit consumeChallenge refundBudget refundBudget openSession trimSessions rememberDevice appendEvent',
    ])
    await test.auth.close()
  })

  it('magic link', async () => {
    const { test, mailTo, costs } = await createSetting()
    const browser = test.browser()
    await browser.post('/sign-in/magic-link', { email })
    const { token } = await mailTo(email)
    expect(costs()).toEqual([
      'charge link/network link/address mail/network mail/address',
      'findUserByEmail',
      'commit cancelChallenges issueChallenge enqueueMessage appendEvent',
      'commit settleMessage',
    ])
    const finished = await browser.post('/sign-in/magic-link/finish', { token })
    expect(finished.body).toMatchObject({ status: 'signed_in' })
    expect(costs()).toEqual([
      'findChallenge',
      'findSubject',
      'commit consumeChallenge openSession trimSessions rememberDevice appendEvent',
    ])
    await test.auth.close()
  })
})

describe('what a sign-in with a password costs: three round trips', () => {
  it('on a known device', async () => {
    const { test, mailTo, costs } = await createSetting()
    const browser = test.browser()
    const first = await browser.post('/sign-in/password', { email, password: testPassword })
    const { code } = await mailTo(email)
    await test.proveCode(browser, first, code)
    // A browser that is still signed in would have its old session ended too.
    browser.cookies.delete('__Host-latchkey')
    costs()
    const again = await browser.post('/sign-in/password', { email, password: testPassword })
    expect(again.body).toMatchObject({ status: 'signed_in' })
    expect(costs()).toEqual([
      'findDevice',
      'charge password/device password/network',
      'commit refundBudget refundBudget openSession trimSessions appendEvent',
    ])
    await test.auth.close()
  })
})

describe('what a factor of a pending sign-in costs: its device and its person are looked for once', () => {
  it('a mailed code on a known device', async () => {
    const { test, mailTo, costs } = await createSetting()
    const browser = test.browser()
    const first = await browser.post('/sign-in/email-code', { email })
    await test.proveCode(browser, first, (await mailTo(email)).code)
    browser.cookies.delete('__Host-latchkey')
    costs()
    const again = await browser.post('/sign-in/email-code', { email })
    const { code } = await mailTo(email)
    costs()
    expect((await test.proveCode(browser, again, code)).body).toMatchObject({ status: 'signed_in' })
    expect(costs()).toEqual([
      'findDevice',
      'charge attempt code/device code/network',
      'findSubject',
      'commit consumeChallenge refundBudget refundBudget openSession trimSessions appendEvent',
    ])
    await test.auth.close()
  })

  it('a code of an authenticator app on a known device', async () => {
    const { test, mailTo, costs } = await createSetting()
    const browser = test.browser()
    const first = await browser.post('/sign-in/email-code', { email })
    await test.proveCode(browser, first, (await mailTo(email)).code)
    const app = await enrolTestTotp(test, browser)
    // Enrolling forgets every device: the first time it becomes a known one again.
    for (let time = 0; time < 2; time++) {
      browser.cookies.delete('__Host-latchkey')
      const { body } = await browser.post('/sign-in/password', { email, password: testPassword })
      const code = await app.nextCode()
      await test.auth.drainOutbox()
      costs()
      const finished = await browser.post('/sign-in/factor/totp', { attempt: body['attempt'], code })
      expect(finished.body).toMatchObject({ status: 'signed_in' })
    }
    expect(costs()).toEqual([
      'findChallenge',
      'findDevice',
      'charge attempt factor/device factor/network',
      'listWaitingChallenges',
      'commit consumeChallenge refundBudget refundBudget advanceTotpStep openSession trimSessions appendEvent',
    ])
    await test.auth.close()
  })
})
