import { describe, expect, it } from 'vitest'
import { emailCode } from '../methods/email-code/index.ts'
import { password } from '../methods/password/index.ts'
import { totp } from '../methods/totp/index.ts'
import { dayMs, hourMs, minuteMs } from '../platform/clock.ts'
import { createMemoryStorage } from '../storage/memory/memory-storage.ts'
import { createFakeClock } from '../testing/fake-clock.ts'
import { costOf, observeStorage } from '../testing/observed-storage.ts'
import { createTestAuth, testPassword, type TestAuth, type TestAuthOptions } from '../testing/test-auth.ts'
import { signInAgain } from '../testing/test-session.ts'
import type { TestAnswer, TestBrowser } from '../testing/test-browser.ts'
import { enrolTestTotp } from '../testing/test-totp.ts'
import type { EmailAddress } from './email-address.ts'

const old = 'ada@example.com'
const next = 'ada@new.example.com'
const third = 'thief@evil.example'
const bob = 'bob@example.com'
const plenty = { limit: 1_000, windowMs: dayMs }

function createObserved(options: TestAuthOptions = {}): {
  readonly test: TestAuth
  readonly observed: ReturnType<typeof observeStorage>
} {
  const clock = createFakeClock()
  const observed = observeStorage(createMemoryStorage({ clock }))
  return { test: createTestAuth({ ...options, clock, storage: observed.storage }), observed }
}

const request = (browser: TestBrowser, email = next): Promise<TestAnswer> => browser.post('/email/change', { email })

const confirm = (browser: TestBrowser, asked: TestAnswer, code: string): Promise<TestAnswer> =>
  browser.post('/email/change/confirm', { attempt: asked.body['attempt'], code })

async function change(test: TestAuth, browser: TestBrowser, email: string): Promise<void> {
  const asked = await request(browser, email)
  const changed = await confirm(browser, asked, await test.codeFor(email))
  if (changed.status !== 200) throw new Error(`the change failed: ${changed.status} ${changed.text}`)
}

const undo = (test: TestAuth, token: string): Promise<TestAnswer> =>
  test.browser().post('/email/change/undo', { token })

async function tokenFor(test: TestAuth, email: string): Promise<string> {
  const link = await test.linkFor(email)
  return link.slice(link.indexOf('#token=') + 7)
}

const addressOf = async (test: TestAuth, id: string): Promise<string | undefined> =>
  (await test.auth.users.find(id))?.email

async function idOf(test: TestAuth, email: string): Promise<string> {
  return (await test.auth.users.findByEmail(email))?.id ?? ''
}

describe('who may change the address', () => {
  it('not a session that authenticated long ago, nor one without the enrolled second factor', async () => {
    const test = createTestAuth()
    const browser = await test.signUp(old)
    await test.clock.advance(16 * minuteMs)
    expect((await request(browser)).body).toMatchObject({ status: 403, code: 'fresh_required' })
    expect((await test.browser().post('/email/change', { email: next })).status).toBe(401)
  })

  it('not another session, person or browser with the attempt and the right code', async () => {
    const test = createTestAuth()
    const owner = await test.signUp(old)
    const stranger = await test.signUp(bob)
    const elsewhere = await signInAgain(test, old)
    const asked = await request(owner)
    const code = await test.codeFor(next)
    const binding = owner.cookies.get('__Host-latchkey-attempt') ?? ''
    for (const thief of [stranger, elsewhere]) {
      expect((await confirm(thief, asked, code)).body).toMatchObject({ code: 'attempt_over' })
      thief.cookies.set('__Host-latchkey-attempt', binding)
      expect((await confirm(thief, asked, code)).body).toMatchObject({ code: 'attempt_over' })
    }
    const loose = test.browser()
    loose.cookies.set('__Host-latchkey', owner.cookies.get('__Host-latchkey') ?? '')
    expect((await confirm(loose, asked, code)).body).toMatchObject({ code: 'attempt_over' })
    expect((await confirm(owner, asked, code)).status).toBe(200)
  })

  it('not with the code of anything else, nor is this code good for anything else', async () => {
    const test = createTestAuth()
    const owner = await test.signUp(old)
    const asked = await request(owner)
    const code = await test.codeFor(next)
    await test.browser().post('/sign-in/email-code', { email: old })
    expect((await confirm(owner, asked, await test.codeFor(old))).body).toMatchObject({ code: 'wrong_code' })
    for (const path of ['/sign-in/factor/email-code', '/email/verify'])
      expect((await owner.post(path, { attempt: asked.body['attempt'], code })).body).toMatchObject({
        code: 'attempt_over',
      })
    expect((await confirm(owner, asked, code)).status).toBe(200)
  })
})

describe('guessing and racing', () => {
  it('gives five guesses an attempt, in parallel too, and 30 a day of one address to all accounts together', async () => {
    const test = createTestAuth({
      limits: { mailPerAddress: plenty, signUpPerNetwork: plenty, codePerNetwork: plenty },
    })
    const answers: TestAnswer[] = []
    for (let account = 0; account < 4; account++) {
      const attacker = await test.signUp(`attacker${account}@example.com`)
      for (let attempt = 0; attempt < 2; attempt++) {
        const asked = await request(attacker, third)
        const right = await test.codeFor(third)
        const wrong = right === '000000' ? '000001' : '000000'
        answers.push(...(await Promise.all(Array.from({ length: 8 }, () => confirm(attacker, asked, wrong)))))
      }
    }
    expect(answers.filter(({ body }) => body['code'] === 'wrong_code')).toHaveLength(30)
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(0)
  })

  it('has one winner among 50 parallel confirmations, one mail to each address and one way back', async () => {
    const test = createTestAuth({ code: { maxAttempts: 10 } })
    const owner = await test.signUp(old)
    const asked = await request(owner)
    const code = await test.codeFor(next)
    test.mailbox.clear()
    const cookies = new Map(owner.cookies)
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => {
        const tab = test.browser()
        for (const [name, value] of cookies) tab.cookies.set(name, value)
        return confirm(tab, asked, code)
      }),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.every(({ status }) => status === 200 || status === 401)).toBe(true)
    await test.auth.drainOutbox()
    expect(
      test.mailbox
        .list()
        .map(({ to }) => to)
        .toSorted(),
    ).toEqual([old, next].toSorted())
  })

  it('gives one address to one of two people who both proved it, and the other a plain conflict', async () => {
    const { test, observed } = createObserved()
    const [ada, other] = [await test.signUp(old), await test.signUp(bob)]
    const mine = await request(ada)
    const myCode = await test.codeFor(next)
    const theirs = await request(other)
    const theirCode = await test.codeFor(next)
    observed.beforeNextCommit(() => confirm(other, theirs, theirCode))
    const lost = await confirm(ada, mine, myCode)
    expect(lost.body).toMatchObject({ status: 409, code: 'conflict' })
    expect((await ada.get('/session')).body).toMatchObject({ user: { email: old } })
    expect((await other.get('/session')).body).toMatchObject({ user: { email: next } })
  })

  it('loses to a registration that proved the address first, and wins over one that comes after', async () => {
    const test = createTestAuth()
    const owner = await test.signUp(old)
    const asked = await request(owner)
    const code = await test.codeFor(next)
    const [early, late] = [test.browser(), test.browser()]
    const [started, startedToo] = [
      await early.post('/sign-up', { email: next, password: testPassword }),
      await late.post('/sign-up', { email: third, password: testPassword }),
    ]
    await test.proveCode(early, started, await test.codeFor(next))
    expect((await confirm(owner, asked, code)).body).toMatchObject({ code: 'conflict' })
    const lateCode = await test.codeFor(third)
    await change(test, owner, third)
    expect((await test.proveCode(late, startedToo, lateCode)).body).toMatchObject({ code: 'attempt_over' })
  })

  it('has one winner among 50 parallel undos', async () => {
    const test = createTestAuth()
    const owner = await test.signUp(old)
    await change(test, owner, next)
    const token = await tokenFor(test, old)
    const answers = await Promise.all(Array.from({ length: 50 }, () => undo(test, token)))
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(1)
    expect(answers.every(({ status }) => status === 204 || status === 401)).toBe(true)
  })
})

describe('taken, free and blocked addresses', () => {
  const addresses = { free: 'nobody@example.com', taken: bob, blocked: 'eve@example.com' }

  async function createSetting(): Promise<ReturnType<typeof createObserved> & { readonly owner: TestBrowser }> {
    const { test, observed } = createObserved()
    await test.signUp(bob)
    await test.signUp(addresses.blocked)
    await test.auth.users.block(await idOf(test, addresses.blocked))
    await test.clock.advance(2 * hourMs)
    const owner = await test.signUp(old)
    test.mailbox.clear()
    observed.forget()
    return { test, observed, owner }
  }

  it('cannot be told apart by answer, statements, mails, resends, wrong codes or the own log', async () => {
    const seen: string[] = []
    for (const email of Object.values(addresses)) {
      const { test, observed, owner } = await createSetting()
      const answers: unknown[] = []
      const asked = await request(owner, email)
      const { attempt, ...rest } = asked.body
      answers.push(asked.status, rest, String(attempt).length, asked.setCookies.length, costOf(observed.calls))
      observed.forget()
      const resent = await owner.post('/sign-in/factor/email-code/resend', { attempt })
      answers.push(resent.status, resent.text, costOf(observed.calls))
      await test.auth.drainOutbox()
      answers.push(test.mailbox.list().map(({ to }) => to === email))
      const newest = test.mailbox.list().find(({ code }) => code !== undefined)?.code ?? '000000'
      observed.forget()
      const guessed = await confirm(owner, asked, newest === '000000' ? '000001' : '000000')
      answers.push(guessed.status, guessed.body['code'], costOf(observed.calls))
      const { events } = (await owner.get('/account/activity')).body as { readonly events: readonly object[] }
      answers.push(
        JSON.stringify(events)
          .replaceAll(email, '?')
          .replaceAll(/"(id|at|requestId|sessionId|userId|ip)":"[^"]*"/g, ''),
      )
      seen.push(JSON.stringify(answers))
    }
    expect(new Set(seen).size).toBe(1)
  })

  it('get a mail that carries no code where somebody has the address, resent or not', async () => {
    const { test, owner } = await createSetting()
    const asked = await request(owner, bob)
    await owner.post('/sign-in/factor/email-code/resend', { attempt: asked.body['attempt'] })
    await test.auth.drainOutbox()
    const mails = test.mailbox.list().filter(({ to }) => to === bob)
    expect(mails).toHaveLength(2)
    for (const mail of mails) expect(mail.text).not.toMatch(/\b\d{6}\b/)
  })

  it('are opened by no code where somebody has them: not even by the one that would have been mailed', async () => {
    // The same randomness twice: what a free address is mailed is what a taken one would have been.
    const codeOf = async (email: string): Promise<{ readonly code: string; readonly answer: TestAnswer }> => {
      const { test, owner } = await createSetting()
      const asked = await request(owner, email)
      const code = email === bob ? known.code : await test.codeFor(email)
      return { code, answer: await confirm(owner, asked, code) }
    }
    let known = { code: '' }
    const free = await codeOf(addresses.free)
    known = free
    expect(free.answer.status).toBe(200)
    expect((await codeOf(bob)).answer.body).toMatchObject({ code: 'wrong_code' })
  })

  it('are spared: 10 mails an hour to one address, whoever asks', async () => {
    const { test, owner } = await createSetting()
    const second = await test.signUp('mallory@example.com')
    const statuses: number[] = []
    for (let mail = 0; mail < 12; mail++) statuses.push((await request(mail % 2 === 0 ? owner : second, bob)).status)
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 200), 429, 429])
  })
})

describe('codes and links that were on their way', () => {
  it('to the old address open nothing after the change', async () => {
    const test = createTestAuth()
    const owner = await test.signUp(old)
    const [signingIn, verifying] = [test.browser(), test.browser()]
    const started = await signingIn.post('/sign-in/email-code', { email: old })
    const code = await test.codeFor(old)
    const first = await verifying.post('/sign-in/password', { email: old, password: testPassword })
    const newDevice = await test.codeFor(old)
    await test.browser().post('/password/reset-request', { email: old })
    const reset = await tokenFor(test, old)
    await change(test, owner, next)
    expect((await test.proveCode(signingIn, started, code)).status).toBe(401)
    expect((await test.proveCode(verifying, first, newDevice)).status).toBe(401)
    const set = await test.browser().post('/password/reset', { token: reset, password: 'chosen by the old mailbox' })
    expect(set.status).toBe(401)
  })

  it('to the new address open nothing after the undo', async () => {
    const test = createTestAuth()
    const owner = await test.signUp(old)
    await change(test, owner, next)
    const undoToken = await tokenFor(test, old)
    const thief = test.browser()
    const started = await thief.post('/sign-in/email-code', { email: next })
    const code = await test.codeFor(next)
    await test.browser().post('/password/reset-request', { email: next })
    const reset = await tokenFor(test, next)
    const asked = await request(owner, third)
    const toThird = await test.codeFor(third)
    expect((await undo(test, undoToken)).status).toBe(204)
    expect((await test.proveCode(thief, started, code)).status).toBe(401)
    const set = await test.browser().post('/password/reset', { token: reset, password: 'chosen by a thief' })
    expect(set.status).toBe(401)
    expect((await confirm(owner, asked, toThird)).status).toBe(401)
  })

  it('of a change die with a recovery of the account: reset, revocation, block', async () => {
    const recoveries: readonly ((test: TestAuth, id: string) => Promise<unknown>)[] = [
      async (test) => {
        await test.browser().post('/password/reset-request', { email: old })
        const token = await tokenFor(test, old)
        return test.browser().post('/password/reset', { token, password: 'a phrase of the owner' })
      },
      (test, id) => test.auth.sessions.revokeAll(id),
      (test, id) => test.auth.users.block(id).then(() => test.auth.users.unblock(id)),
    ]
    for (const recover of recoveries) {
      for (const when of ['before', 'during']) {
        const { test, observed } = createObserved()
        const thief = await test.signUp(old)
        const id = await idOf(test, old)
        const asked = await request(thief, third)
        const code = await test.codeFor(third)
        if (when === 'before') await recover(test, id)
        else observed.beforeNextCommit(() => recover(test, id))
        expect((await confirm(thief, asked, code)).status).toBe(401)
        expect(await addressOf(test, id)).toBe(old)
      }
    }
  })

  it('of an older request die with the newer one', async () => {
    const test = createTestAuth()
    const owner = await test.signUp(old)
    const first = await request(owner, next)
    const binding = owner.cookies.get('__Host-latchkey-attempt') ?? ''
    const code = await test.codeFor(next)
    await request(owner, third)
    owner.cookies.set('__Host-latchkey-attempt', binding)
    expect((await confirm(owner, first, code)).body).toMatchObject({ code: 'attempt_over' })
  })
})

describe('the way back', () => {
  it('of the first address wins, however often a thief moves on, and theirs are dead with it', async () => {
    const test = createTestAuth()
    const thief = await test.signUp(old)
    const id = await idOf(test, old)
    await change(test, thief, next)
    const owners = await tokenFor(test, old)
    await test.clock.advance(minuteMs)
    await change(test, thief, third)
    const thiefs = await tokenFor(test, next)
    expect((await undo(test, owners)).status).toBe(204)
    expect(await addressOf(test, id)).toBe(old)
    expect((await undo(test, thiefs)).body).toMatchObject({ code: 'attempt_over' })
    expect(await addressOf(test, id)).toBe(old)
  })

  it('of a later address does not end the one of the first', async () => {
    const test = createTestAuth()
    const thief = await test.signUp(old)
    const id = await idOf(test, old)
    await change(test, thief, next)
    const owners = await tokenFor(test, old)
    await test.clock.advance(minuteMs)
    await change(test, thief, third)
    expect((await undo(test, await tokenFor(test, next))).status).toBe(204)
    expect(await addressOf(test, id)).toBe(next)
    expect((await undo(test, owners)).status).toBe(204)
    expect(await addressOf(test, id)).toBe(old)
  })

  it('races: both used at once, the first address wins in the end or the other is dead', async () => {
    const { test, observed } = createObserved()
    const thief = await test.signUp(old)
    const id = await idOf(test, old)
    await change(test, thief, next)
    const owners = await tokenFor(test, old)
    await test.clock.advance(minuteMs)
    await change(test, thief, third)
    const thiefs = await tokenFor(test, next)
    observed.beforeNextCommit(() => undo(test, owners))
    expect((await undo(test, thiefs)).status).toBe(401)
    expect(await addressOf(test, id)).toBe(old)
  })

  it('is not taken away by who has the session, in no way', async () => {
    const test = createTestAuth()
    const thief = await test.signUp(old)
    const id = await idOf(test, old)
    await change(test, thief, next)
    const owners = await tokenFor(test, old)
    await test.clock.advance(minuteMs)
    await change(test, thief, third)
    await thief.post('/password/change', { currentPassword: testPassword, password: 'chosen by a thief' })
    await thief.delete('/sessions')
    await test.browser().post('/password/reset-request', { email: third })
    await test.browser().post('/password/reset', { token: await tokenFor(test, third), password: 'and once again' })
    await test.auth.users.block(id)
    expect((await undo(test, owners)).status).toBe(204)
    expect(await addressOf(test, id)).toBe(old)
  })

  it('says conflict while somebody else has proved the old address, and works once that one is gone', async () => {
    const test = createTestAuth()
    const owner = await test.signUp(old)
    const id = await idOf(test, old)
    await change(test, owner, next)
    const token = await tokenFor(test, old)
    await test.signUp(old)
    expect((await undo(test, token)).body).toMatchObject({ status: 409, code: 'conflict' })
    expect(await addressOf(test, id)).toBe(next)
    expect((await owner.get('/session')).status).toBe(200)
    await test.auth.users.delete(await idOf(test, old))
    expect((await undo(test, token)).status).toBe(204)
    expect(await addressOf(test, id)).toBe(old)
  })

  it('takes no other token, and its token is good nowhere else', async () => {
    const test = createTestAuth()
    const owner = await test.signUp(old)
    await change(test, owner, next)
    const token = await tokenFor(test, old)
    await test.browser().post('/password/reset-request', { email: next })
    const reset = await tokenFor(test, next)
    expect((await undo(test, reset)).body).toMatchObject({ code: 'attempt_over' })
    const [id = '', secret = '', account = ''] = token.split('.')
    const resetParts = reset.split('.')
    for (const forged of [
      `${resetParts[0]}.${secret}.${account}`,
      `${id}.${resetParts[1]}.${account}`,
      `${id}.${secret}.${resetParts[2]}`,
      'x',
    ])
      expect((await undo(test, forged)).body).toMatchObject({ code: 'attempt_over' })
    expect((await test.browser().post('/password/reset', { token, password: 'a thief chose it' })).status).toBe(401)
    expect((await undo(test, token)).status).toBe(204)
    expect((await undo(test, token)).status).toBe(401)
  })
})

describe('budgets', () => {
  it('of the old address stay where they are: who exhausted them gains nothing by a change', async () => {
    const test = createTestAuth({ limits: { mailPerAddress: plenty } })
    const owner = await test.signUp(old)
    for (let guess = 0; guess < 10; guess++)
      await test.browser().post('/sign-in/password', { email: old, password: 'a wrong horse' })
    const limited = await test.browser().post('/sign-in/password', { email: old, password: testPassword })
    expect(limited.status).toBe(429)
    await change(test, owner, next)
    const free = await test.browser().post('/sign-in/password', { email: next, password: testPassword })
    expect(free.body).toMatchObject({ status: 'needs_factor' })
    const stillLimited = await test.browser().post('/sign-in/password', { email: old, password: testPassword })
    expect(stillLimited.status).toBe(429)
    await undo(test, await tokenFor(test, old))
    expect((await test.browser().post('/sign-in/password', { email: old, password: testPassword })).status).toBe(429)
  })
})

describe('a reset of the second factors that was asked for at the changed address', () => {
  it('is over with the undo, so that it does not fall due for a thief who is out; one of before waits on', async () => {
    for (const askedAt of ['before', 'after'] as const) {
      const test = createTestAuth({ methods: [password(), emailCode(), totp()] })
      const thief = await test.signUp(old)
      await enrolTestTotp(test, thief)
      const id = await idOf(test, old)
      const ask = (): Promise<unknown> => test.auth.users.resetFactors(id, { delayHours: 24 })
      if (askedAt === 'before') await ask()
      await test.clock.advance(minuteMs)
      await change(test, thief, third)
      await test.clock.advance(minuteMs)
      if (askedAt === 'after') await ask()
      expect((await undo(test, await tokenFor(test, old))).status).toBe(204)
      const isOver = (await test.events()).includes('factors.reset_cancelled')
      expect([askedAt, isOver]).toEqual([askedAt, askedAt === 'after'])
      await test.clock.advance(25 * hourMs)
      await test.auth.sweep()
      const subject = await test.storage.findSubjectByEmail(old as EmailAddress)
      const methods = subject?.credentials.map(({ method }) => method).sort()
      expect([askedAt, methods]).toEqual([askedAt, askedAt === 'after' ? ['password', 'totp'] : ['password']])
    }
  })
})
