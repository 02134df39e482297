import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { emailCode } from '../../packages/latchkey/src/methods/email-code/index.ts'
import { passkey } from '../../packages/latchkey/src/methods/passkey/index.ts'
import { password } from '../../packages/latchkey/src/methods/password/index.ts'
import { recoveryCode } from '../../packages/latchkey/src/methods/recovery-code/index.ts'
import { dayMs } from '../../packages/latchkey/src/platform/clock.ts'
import type { Storage } from '../../packages/latchkey/src/storage/storage.ts'
import { createFakeClock } from '../../packages/latchkey/src/testing/fake-clock.ts'
import {
  createSoftwareAuthenticator,
  type SoftwareAuthenticator,
} from '../../packages/latchkey/src/testing/software-authenticator.ts'
import { createTestAuth, type TestAuth } from '../../packages/latchkey/src/testing/test-auth.ts'
import type { TestAnswer, TestBrowser } from '../../packages/latchkey/src/testing/test-browser.ts'
import { registerPasskey, signInWithPasskey } from '../../packages/latchkey/src/testing/test-passkey.ts'
import { parseUserId } from '../../packages/latchkey/src/user/user.ts'
import type { SharedDatabase } from './background-suite.ts'

/** Databases of one process hide races (design rule 1): tickets, counters and keys used by two nodes at once on a real server. */
export function passkeys(name: string, create: () => Promise<SharedDatabase>): void {
  describe(`passkeys on two nodes with ${name}`, () => {
    let shared: SharedDatabase
    let nodes: readonly [TestAuth, TestAuth]
    let people = 0

    beforeAll(async () => {
      shared = await create()
      const clock = createFakeClock(Date.now())
      const limit = { limit: 1_000, windowMs: dayMs }
      const nodeOf = (storage: Storage, seed: number): TestAuth =>
        createTestAuth({
          storage,
          clock,
          seed,
          methods: [password(), emailCode(), recoveryCode(), passkey()],
          limits: { ceremonyPerNetwork: limit, mailPerAddress: limit },
        })
      nodes = [nodeOf(shared.storages[0], 1), nodeOf(shared.storages[1], 2)]
    })
    afterAll(async () => {
      for (const { auth } of nodes) await auth.close()
      await shared.cleanUp()
    })

    /** The same browser at one of the nodes, the other one with each odd number. */
    function twin(owner: TestBrowser, index: number): TestBrowser {
      const browser = nodes[index % 2 === 0 ? 0 : 1].browser()
      for (const [cookie, value] of owner.cookies) browser.cookies.set(cookie, value)
      return browser
    }
    const stranger = (index: number): TestBrowser => nodes[index % 2 === 0 ? 0 : 1].browser()

    const atOnce = <Result>(count: number, work: (index: number) => Promise<Result>): Promise<readonly Result[]> =>
      Promise.all(Array.from({ length: count }, (_, index) => work(index)))

    interface Person {
      readonly email: string
      readonly owner: TestBrowser
    }

    async function newPerson(): Promise<Person> {
      const email = `person-${++people}@example.com`
      return { email, owner: await nodes[0].signUp(email) }
    }

    async function withPasskey(authenticator: SoftwareAuthenticator): Promise<Person> {
      const person = await newPerson()
      expect((await registerPasskey(person.owner, authenticator, { usage: 'primary' })).status).toBe(200)
      return person
    }

    async function rowsOf({ email }: Person): Promise<readonly string[]> {
      const id = parseUserId((await nodes[0].auth.users.findByEmail(email))?.id ?? '')
      const subject = id === undefined ? undefined : await shared.storages[0].findSubject(id)
      return (subject?.credentials ?? []).map(({ method }) => method)
    }

    interface Ready {
      readonly ticket: unknown
      readonly response: unknown
    }

    /** An answer that waits to be handed in. */
    async function ready(authenticator: SoftwareAuthenticator, index: number): Promise<Ready> {
      const { body } = await stranger(index).post('/sign-in/passkey/start', { mode: 'token' })
      return { ticket: body['ticket'], response: authenticator.get(body['options']) }
    }

    const handIn = (index: number, answer: Ready): Promise<TestAnswer> =>
      stranger(index).post('/sign-in/passkey/finish', answer)

    const signedIn = (answers: readonly TestAnswer[]): number =>
      answers.filter(({ body }) => body['status'] === 'signed_in').length

    it('one assertion opens one session among 50 callers', async () => {
      const authenticator = createSoftwareAuthenticator({ kind: 'synced' })
      await withPasskey(authenticator)
      const answer = await ready(authenticator, 0)
      expect(signedIn(await atOnce(50, (index) => handIn(index, answer)))).toBe(1)
    })

    it('twenty clones that give the same counter open one session between them', async () => {
      const authenticator = createSoftwareAuthenticator()
      await withPasskey(authenticator)
      const answers = await atOnce(20, (index) => ready(authenticator.clone(), index))
      expect(signedIn(await atOnce(20, (index) => handIn(index, answers[index] as Ready)))).toBe(1)
    })

    it('a key that does not count opens as many as are asked for', async () => {
      const authenticator = createSoftwareAuthenticator({ kind: 'synced' })
      await withPasskey(authenticator)
      const answers = await atOnce(10, (index) => ready(authenticator, index))
      expect(signedIn(await atOnce(10, (index) => handIn(index, answers[index] as Ready)))).toBe(10)
    })

    it('a registration is finished once, with one row and ten codes', async () => {
      const person = await newPerson()
      const { body } = await person.owner.post('/passkeys/register/start')
      const finishes = await atOnce(20, (index) =>
        twin(person.owner, index).post('/passkeys/register/finish', {
          ticket: body['ticket'],
          response: createSoftwareAuthenticator().create(body['options']),
        }),
      )
      expect(finishes.filter(({ status }) => status === 200)).toHaveLength(1)
      const rows = await rowsOf(person)
      expect(rows.filter((method) => method === 'passkey')).toHaveLength(1)
      expect(rows.filter((method) => method === 'recovery-code')).toHaveLength(10)
    })

    it('of two ways in that go at the same moment, by removal or as mere second factors, one stays', async () => {
      const only = createTestAuth({
        storage: shared.storages[0],
        seed: 3,
        clock: nodes[0].clock,
        methods: [password(), emailCode({ firstFactor: false }), passkey()],
      })
      const takings: readonly ((browser: TestBrowser, id: string) => Promise<TestAnswer>)[] = [
        (browser, id) => browser.delete(`/passkeys/${id}`),
        (browser, id) => browser.put(`/passkeys/${id}/usage`, { usage: 'factor' }),
      ]
      for (const [one, another] of [
        [takings[0], takings[0]],
        [takings[0], takings[1]],
        [takings[1], takings[1]],
      ] as const) {
        const email = `person-${++people}@example.com`
        const [first, second] = [createSoftwareAuthenticator(), createSoftwareAuthenticator()]
        const browser = only.browser()
        const started = await browser.post('/sign-up/passkey/start', { email })
        const response = first.create(started.body['options'])
        const waiting = await browser.post('/sign-up/passkey/finish', { ticket: started.body['ticket'], response })
        await only.proveCode(browser, waiting, await only.codeFor(email))
        await registerPasskey(browser, second, { usage: 'primary' })
        const { passkeys: held } = (await browser.get('/passkeys')).body as { passkeys: readonly { id: string }[] }
        const other = only.browser()
        await signInWithPasskey(other, second)
        const answers = await Promise.all([one?.(browser, held[0]?.id ?? ''), another?.(other, held[1]?.id ?? '')])
        expect(answers.filter((answer) => (answer?.status ?? 500) < 300)).toHaveLength(1)
      }
      await only.auth.close()
    })

    it('a name outlives the sign-ins of its moment', async () => {
      const authenticator = createSoftwareAuthenticator({ kind: 'synced' })
      const { owner } = await withPasskey(authenticator)
      const { passkeys: held } = (await owner.get('/passkeys')).body as { passkeys: readonly { id: string }[] }
      const answers = await atOnce(10, (index) => ready(authenticator, index))
      const [renamed] = await Promise.all([
        owner.patch(`/passkeys/${held[0]?.id}`, { name: 'The blue one' }),
        ...answers.map((answer, index) => handIn(index, answer)),
      ])
      expect(renamed.status).toBe(200)
      expect((await owner.get('/passkeys')).body).toMatchObject({ passkeys: [{ name: 'The blue one' }] })
    })
  })
}
