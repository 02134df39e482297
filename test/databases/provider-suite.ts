import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dayMs } from '../../packages/latchkey/src/platform/clock.ts'
import type { Storage } from '../../packages/latchkey/src/storage/storage.ts'
import type { TestAnswer, TestBrowser } from '../../packages/latchkey/src/testing/test-browser.ts'
import { emailCode } from '../../packages/latchkey/src/methods/email-code/index.ts'
import { password } from '../../packages/latchkey/src/methods/password/index.ts'
import { createFakeClock } from '../../packages/latchkey/src/testing/fake-clock.ts'
import { atLoopback, createOAuthJourney, landingOf, redirectUriOf, type OAuthJourney } from '../oidc/oauth-journey.ts'
import { startRealProvider, type RealProvider } from '../oidc/real-provider.ts'
import type { SharedDatabase } from './background-suite.ts'

const rounds = Number(process.env['LATCHKEY_TEST_ROUNDS'] ?? 3)

/** Databases of one process hide races (design rule 1): people who come back from a provider to two nodes at once. */
export function providersOnTwoNodes(name: string, create: () => Promise<SharedDatabase>): void {
  describe(`providers on two nodes with ${name}`, () => {
    let shared: SharedDatabase
    let acme: RealProvider
    let nodes: readonly [OAuthJourney, OAuthJourney]
    let people = 0

    beforeAll(async () => {
      shared = await create()
      acme = await startRealProvider([redirectUriOf('acme')])
      const clock = createFakeClock(Date.now())
      const limit = { limit: 1_000, windowMs: dayMs }
      const nodeOf = (storage: Storage, seed: number): OAuthJourney =>
        createOAuthJourney({
          providers: [atLoopback(acme.issuer)],
          methods: (social) => ({
            storage,
            clock,
            seed,
            methods: [password(), emailCode(), social],
            limits: {
              ceremonyPerNetwork: limit,
              mailPerAddress: limit,
              mailPerNetwork: limit,
              signUpPerNetwork: limit,
            },
          }),
        })
      nodes = [nodeOf(shared.storages[0], 1), nodeOf(shared.storages[1], 2)]
    })
    afterAll(async () => {
      for (const { auth } of nodes) await auth.close()
      await acme.stop()
      await shared.cleanUp()
    })

    const nodeOf = (index: number): OAuthJourney => nodes[index % 2 === 0 ? 0 : 1]

    /** The same browser at one of the nodes. */
    function twin(owner: TestBrowser, index: number): TestBrowser {
      const browser = nodeOf(index).browser()
      for (const [cookie, value] of owner.cookies) browser.cookies.set(cookie, value)
      return browser
    }

    function newPerson(): string {
      const subject = `person-${++people}`
      const email = `${subject}@example.com`
      acme.person = { subject, email, emailVerified: true }
      return email
    }

    const open = (browser: TestBrowser, callback: URL): Promise<TestAnswer> =>
      browser.get(`${callback.pathname.slice('/auth'.length)}${callback.search}`)

    const identitiesOf = async (email: string): Promise<number> => {
      const subject = await shared.storages[0].findSubjectByEmail(email as never)
      return subject?.credentials.filter(({ method }) => method === 'oauth').length ?? -1
    }

    it('one callback opens one session, whichever node it comes to', async () => {
      for (let round = 0; round < rounds; round++) {
        const email = newPerson()
        const browser = nodes[0].browser()
        const callback = await acme.visit(await nodes[0].leave(browser))
        const answers = await Promise.all(
          Array.from({ length: 10 }, (_, index) => open(twin(browser, index), callback)),
        )
        expect(answers.filter((answer) => landingOf(answer).page === '/')).toHaveLength(1)
        expect(answers.every(({ status }) => status === 303)).toBe(true)
        expect(await identitiesOf(email)).toBe(1)
      }
    })

    it('ten first arrivals of one person make one user with one identity', async () => {
      for (let round = 0; round < rounds; round++) {
        const email = newPerson()
        const arrivals = await Promise.all(
          Array.from({ length: 10 }, async (_, index) => {
            const browser = nodeOf(index).browser()
            return { browser, callback: await acme.visit(await nodeOf(index).leave(browser)) }
          }),
        )
        const answers = await Promise.all(arrivals.map(({ browser, callback }) => open(browser, callback)))
        const landings = answers.map(landingOf)
        // Who did not make the user either found it, or lost the race and begins again.
        expect(landings.some(({ page }) => page === '/')).toBe(true)
        expect(landings.every(({ page, fields }) => page === '/' || fields['error'] === 'attempt_over')).toBe(true)
        expect(await identitiesOf(email)).toBe(1)
      }
    })

    it('two accounts cannot bind one identity, however they hurry', async () => {
      for (let round = 0; round < rounds; round++) {
        const people_ = [newPerson(), newPerson()]
        const owners = [await nodes[0].signUp(people_[0] ?? ''), await nodes[1].signUp(people_[1] ?? '')]
        newPerson()
        const proposals = await Promise.all(
          owners.map(async (owner) => {
            const left = await owner.post('/identities/acme/link', {})
            const landed = landingOf(await open(owner, await acme.visit(String(left.body['url']))))
            return { owner, attempt: landed.fields['attempt'] }
          }),
        )
        const confirmed = await Promise.all(
          proposals.map(({ owner, attempt }) => owner.post('/identities/confirm', { attempt })),
        )
        expect(confirmed.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409])
      }
    })

    it('subjects that differ in case alone are two identities', async () => {
      const emails = ['Case', 'case'].map((subject, index) => {
        const email = `case-${index}@example.com`
        return { subject, email, emailVerified: true }
      })
      for (const person of emails) {
        acme.person = person
        const browser = nodes[0].browser()
        await nodes[0].signInAt(acme, browser)
        expect((await browser.get('/session')).body).toMatchObject({ user: { email: person.email } })
      }
    })

    it('a subject of 255 characters is one', async () => {
      const subject = 'x'.repeat(255)
      acme.person = { subject, email: 'long@example.com', emailVerified: true }
      for (let times = 0; times < 2; times++) {
        const browser = nodeOf(times).browser()
        expect((await nodeOf(times).signInAt(acme, browser)).page).toBe('/')
      }
      expect(await identitiesOf('long@example.com')).toBe(1)
    })
  })
}
