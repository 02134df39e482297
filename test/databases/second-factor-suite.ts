import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { emailCode } from '../../packages/latchkey/src/methods/email-code/index.ts'
import { password } from '../../packages/latchkey/src/methods/password/index.ts'
import { recoveryCode } from '../../packages/latchkey/src/methods/recovery-code/index.ts'
import { totp } from '../../packages/latchkey/src/methods/totp/index.ts'
import { dayMs, hourMs } from '../../packages/latchkey/src/platform/clock.ts'
import { findRecoveryCode } from '../../packages/latchkey/src/recovery/recovery-codes.ts'
import type { Storage } from '../../packages/latchkey/src/storage/storage.ts'
import type { Write } from '../../packages/latchkey/src/store/writes.ts'
import { createFakeClock, type FakeClock } from '../../packages/latchkey/src/testing/fake-clock.ts'
import { createTestAuth, testPassword, type TestAuth } from '../../packages/latchkey/src/testing/test-auth.ts'
import type { TestAnswer, TestBrowser } from '../../packages/latchkey/src/testing/test-browser.ts'
import { createTestCore } from '../../packages/latchkey/src/testing/test-core.ts'
import { enrolTestTotp, totpCodeFor, type TestAuthenticator } from '../../packages/latchkey/src/testing/test-totp.ts'
import { parseUserId } from '../../packages/latchkey/src/user/user.ts'
import type { SharedDatabase } from './background-suite.ts'

/** Databases of one process hide races (design rule 1): second factors spent by two nodes at once on a real server. */
export function secondFactors(name: string, create: () => Promise<SharedDatabase>): void {
  describe(`second factors on two nodes with ${name}`, () => {
    let shared: SharedDatabase
    let clock: FakeClock
    let nodes: readonly [TestAuth, TestAuth]
    let people = 0

    beforeAll(async () => {
      shared = await create()
      clock = createFakeClock(Date.now())
      const limit = { limit: 1_000, windowMs: dayMs }
      const nodeOf = (storage: Storage, seed: number): TestAuth =>
        createTestAuth({
          storage,
          clock,
          seed,
          methods: [password(), emailCode(), totp(), recoveryCode()],
          limits: { factorPerAccount: limit, factorPerNetwork: limit, mailPerAddress: limit },
        })
      nodes = [nodeOf(shared.storages[0], 1), nodeOf(shared.storages[1], 2)]
    })
    afterAll(async () => {
      for (const { auth } of nodes) await auth.close()
      await shared.cleanUp()
    })

    interface Person {
      readonly email: string
      readonly owner: TestBrowser
      readonly app: TestAuthenticator
    }

    async function enrolled(): Promise<Person> {
      const email = `person-${++people}@example.com`
      const owner = await nodes[0].signUp(email)
      return { email, owner, app: await enrolTestTotp(nodes[0], owner) }
    }

    /** The same browser at one of the nodes, the other one with each odd number. */
    function twin(owner: TestBrowser, index: number): TestBrowser {
      const browser = nodes[index % 2 === 0 ? 0 : 1].browser()
      for (const [cookie, value] of owner.cookies) browser.cookies.set(cookie, value)
      return browser
    }

    const attemptsOf = (email: string, count: number): Promise<readonly TestAnswer[]> =>
      Promise.all(
        Array.from({ length: count }, (_, index) =>
          twin(nodes[0].browser(), index).post('/sign-in/password', { email, password: testPassword, mode: 'token' }),
        ),
      )

    async function at(path: string, { email }: Person, code: string): Promise<number> {
      const attempts = await attemptsOf(email, 10)
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          twin(nodes[0].browser(), index).post(path, { attempt: attempts[index % 10]?.body['attempt'], code }),
        ),
      )
      return answers.filter(({ body }) => body['status'] === 'signed_in').length
    }

    async function rowsOf(email: string): Promise<readonly string[]> {
      const id = parseUserId((await nodes[0].auth.users.findByEmail(email))?.id ?? '')
      const subject = id === undefined ? undefined : await shared.storages[0].findSubject(id)
      return (subject?.credentials ?? []).map(({ method }) => method)
    }
    const codesLeft = async (email: string): Promise<number> =>
      (await rowsOf(email)).filter((method) => method === 'recovery-code').length

    it('a code of an app opens one session among 50 callers over ten attempts', async () => {
      const person = await enrolled()
      expect(await at('/sign-in/factor/totp', person, await person.app.nextCode())).toBe(1)
    })

    it('a recovery code opens one, and one row goes', async () => {
      const person = await enrolled()
      expect(await at('/sign-in/factor/recovery-code', person, person.app.recoveryCodes[0] ?? '')).toBe(1)
      expect(await codesLeft(person.email)).toBe(9)
    })

    it('an enrolment is confirmed once, with one row and ten codes', async () => {
      const email = `person-${++people}@example.com`
      const owner = await nodes[0].signUp(email)
      const { factorId, secret } = (await owner.post('/totp/enrol')).body
      const body = { factorId, code: totpCodeFor(String(secret), clock) }
      const twins = Array.from({ length: 20 }, (_, index) => twin(owner, index))
      const answers = await Promise.all(twins.map((browser) => browser.post('/totp/confirm', body)))
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
      const rows = await rowsOf(email)
      expect([rows.filter((method) => method === 'totp').length, await codesLeft(email)]).toEqual([1, 10])
    })

    it('recovery codes that are renewed at once leave one set, where there were some and where there was none', async () => {
      const { email, owner } = await enrolled()
      const twins = Array.from({ length: 10 }, (_, index) => twin(owner, index))
      const id = parseUserId((await nodes[0].auth.users.findByEmail(email))?.id ?? '')
      if (id === undefined) throw new TypeError('the person exists')
      const none: Write = { kind: 'removeCredentials', userId: id, methods: ['recovery-code'] }
      for (const before of [[], [none]]) {
        await shared.storages[0].commit(before, clock.now())
        const answers = await Promise.all(twins.map((browser) => browser.post('/recovery-codes/regenerate')))
        const sets = answers.filter(({ status }) => status === 200)
        expect(sets.length).toBeGreaterThan(0)
        expect(await codesLeft(email)).toBe(10)
        const keys = createTestCore().keys
        const rows = (await shared.storages[0].findSubject(id))?.credentials ?? []
        const valid = sets.filter(({ body }) =>
          (body['recoveryCodes'] as readonly string[]).every(
            (code) => findRecoveryCode(keys, rows, code) !== undefined,
          ),
        )
        expect(valid).toHaveLength(1)
      }
    })

    it('a reset whose time has come is done once by ten sweeps', async () => {
      const { email } = await enrolled()
      const id = (await nodes[0].auth.users.findByEmail(email))?.id ?? ''
      await nodes[0].auth.users.resetFactors(id, { delayHours: 1 })
      await clock.advance(hourMs)
      const swept = await Promise.all(
        Array.from({ length: 10 }, (_, index) => nodes[index % 2 === 0 ? 0 : 1].auth.sweep()),
      )
      expect(swept.reduce((sum, { factorResets }) => sum + factorResets, 0)).toBe(1)
      expect(await rowsOf(email)).toEqual(['password'])
    })
  })
}
