import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSoftwareAuthenticator } from '../../packages/latchkey/src/testing/software-authenticator.ts'
import { testPassword } from '../../packages/latchkey/src/testing/test-auth.ts'
import { findSecrets } from '../journey/find-secrets.ts'
import { secretsOfWalk } from '../walk/secrets-of-walk.ts'
import { walkEverywhere, type Walk } from '../walk/walk-everywhere.ts'
import type { Storage } from '../../packages/latchkey/src/storage/storage.ts'

export interface DumpedDatabase {
  readonly storage: Storage
  /** Everything that somebody who steals the database gets. */
  dump(): Promise<string>
  cleanUp(): Promise<void>
}

/** What a stolen database is worth: nothing, after every route was used and with everything under way that can be. */
export function secretsAtRest(name: string, create: () => Promise<DumpedDatabase>): void {
  describe(`secrets at rest on ${name}`, () => {
    let database: DumpedDatabase
    let walk: Walk
    beforeAll(async () => {
      database = await create()
      walk = await walkEverywhere({ storage: database.storage })
    })
    afterAll(() => database.cleanUp())

    it('no dump holds a secret of any method in clear, finished or under way, in the outbox or sent', async () => {
      await beginEverything(walk)
      const waiting = await database.dump()
      await walk.test.auth.drainOutbox()
      const sent = await database.dump()
      const secrets = secretsOfWalk(walk)
      // A dump in which nothing could be found would prove nothing.
      expect([secrets.codes.length > 20, secrets.texts.length > 100, secrets.mailTexts.length > 30]).toEqual([
        true,
        true,
        true,
      ])
      for (const dump of [waiting, sent]) {
        expect(dump).toContain('begins@example.com')
        expect(findSecrets(dump, secrets)).toEqual([])
      }
    })

    it('and the secrets that were looked for are those of every method', () => {
      const sent = (path: string, field: string): unknown =>
        walk.steps.find(
          (step) => step.path.startsWith(path) && JSON.stringify([step.body, step.answer.body]).includes(`"${field}"`),
        )
      const places: readonly (readonly [string, string])[] = [
        ['/sign-up', 'password'],
        ['/sign-in/factor/email-code', 'code'],
        ['/sign-in/magic-link/finish', 'token'],
        ['/totp/enrol', 'secret'],
        ['/totp/confirm', 'recoveryCodes'],
        ['/passkeys/register/start', 'challenge'],
        ['/sign-in/passkey/start', 'ticket'],
        ['/sign-in/oauth/finish', 'ticket'],
        ['/session/refresh', 'refreshToken'],
        ['/password/reset', 'token'],
        ['/email/change/undo', 'token'],
      ]
      expect(places.filter(([path, field]) => sent(path, field) === undefined)).toEqual([])
      expect(walk.providerSecrets.length).toBeGreaterThan(15)
      const cookies = new Set(walk.answers.flatMap(({ setCookies }) => setCookies.map((line) => line.split('=')[0])))
      expect([...cookies].toSorted((a = '', b = '') => (a < b ? -1 : 1))).toEqual([
        'latchkey',
        'latchkey-attempt',
        'latchkey-device',
      ])
    })
  })
}

/** One of each that waits for an answer, left as it is. */
async function beginEverything({ test, visitor }: Walk): Promise<void> {
  const email = 'begins@example.com'
  const browser = visitor()
  const started = await browser.post('/sign-up', { email, password: testPassword })
  await browser.post('/sign-in/factor/email-code', {
    attempt: started.body['attempt'],
    code: await test.codeFor(email),
  })
  await browser.post('/totp/enrol')
  const registering = await browser.post('/passkeys/register/start')
  createSoftwareAuthenticator({ origin: 'http://localhost:4000' }).create(registering.body['options'])
  await browser.post('/session/step-up')
  await browser.post('/email/change', { email: 'begins@new.example.com' })
  await visitor().post('/sign-in/passkey/start')
  await visitor().post('/sign-up/passkey/start', { email: 'another@example.com' })
  await visitor().post('/sign-in/magic-link', { email })
  await visitor().post('/sign-in/email-code', { email, mode: 'token' })
  await visitor().post('/password/reset-request', { email })
  await visitor().post('/sign-up', { email: 'nobody@example.com', password: testPassword, name: 'Nobody' })
}
