import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type * as Latchkey from '../../packages/browser/src/index.ts'
import { createPostgresStorage } from '../../packages/latchkey/src/storage/sql/postgres/postgres-storage.ts'
import { createSqliteStorage } from '../../packages/latchkey/src/storage/sql/sqlite/sqlite-storage.ts'
import type { Storage } from '../../packages/latchkey/src/storage/storage.ts'
import { createPostgresDatabase, postgresIsThere } from '../databases/servers.ts'
import { chromiumPath, launchChromium } from './chromium.ts'
import { startPasskeySite, type PasskeySite } from './passkey-site.ts'
import { addVirtualAuthenticator, type VirtualAuthenticator } from './virtual-authenticator.ts'

/** In the page. */
declare const latchkey: typeof Latchkey
declare const client: Latchkey.Client

const password = 'a quiet walk at dawn'

interface Person {
  readonly page: Page
  readonly context: BrowserContext
  readonly authenticator: VirtualAuthenticator
}

interface OpenStorage {
  readonly storage: Storage
  close(): Promise<void>
}

async function onSqlite(): Promise<OpenStorage> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-passkeys-'))
  const storage = await createSqliteStorage({ filename: join(folder, 'latchkey.db') })
  await storage.migrate()
  return {
    storage,
    async close() {
      await storage.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function onPostgres(): Promise<OpenStorage> {
  const database = await createPostgresDatabase()
  const storage = await createPostgresStorage({ url: database.url })
  await storage.migrate()
  return {
    storage,
    async close() {
      await storage.close()
      await database.drop()
    },
  }
}

function passkeysInChromium(name: string, open: () => Promise<OpenStorage>): void {
  describe(`passkeys in Chromium, on ${name}`, () => {
    let opened: OpenStorage
    let site: PasskeySite
    let browser: Browser

    beforeAll(async () => {
      opened = await open()
      site = await startPasskeySite(opened.storage)
      browser = await launchChromium()
    })

    afterAll(async () => {
      await browser.close()
      await site.close()
      await opened.close()
    })

    /** A browser with an authenticator of its own. `bare`: one without the JSON methods of WebAuthn Level 3. */
    async function visitor({ bare = false }: { readonly bare?: boolean } = {}): Promise<Person> {
      const context = await browser.newContext({ baseURL: site.url })
      context.setDefaultTimeout(15_000)
      if (bare)
        await context.addInitScript(() => {
          for (const method of ['parseCreationOptionsFromJSON', 'parseRequestOptionsFromJSON'])
            Reflect.deleteProperty(PublicKeyCredential, method)
          Reflect.deleteProperty(PublicKeyCredential.prototype, 'toJSON')
        })
      const page = await context.newPage()
      const authenticator = await addVirtualAuthenticator(page)
      await page.goto('/')
      await page.waitForFunction(() => 'client' in globalThis)
      return { page, context, authenticator }
    }

    async function signUp(person: Person, email: string): Promise<void> {
      const { attempt } = await person.page.evaluate(
        async (input) => (await client.signUp(input)) as unknown as { attempt: string },
        { email, password },
      )
      const code = await site.codeFor(email)
      await person.page.evaluate((input) => client.finishEmailCode(input), { attempt, code })
    }

    /** Forgets the session and keeps the authenticator. */
    async function forget({ page, context }: Person): Promise<void> {
      await context.clearCookies()
      await page.reload()
      await page.waitForFunction(() => 'client' in globalThis)
    }

    const register = ({ page }: Person): Promise<unknown> => page.evaluate(() => latchkey.registerPasskey(client))
    const byButton = ({ page }: Person): Promise<unknown> => page.evaluate(() => latchkey.signInWithPasskey(client))

    it('registers, signs in by button, by the field, and as a second factor after a password', async () => {
      const email = 'jane@example.com'
      const jane = await visitor()
      await signUp(jane, email)
      const registered = (await register(jane)) as { recoveryCodes: readonly string[] }
      expect(registered).toMatchObject({ ok: true, passkey: { usage: 'both' } })
      expect(registered.recoveryCodes).toHaveLength(10)

      await forget(jane)
      const signedIn = { ok: true, status: 'signed_in', user: { email }, session: { aal: 2 } }
      expect(await byButton(jane)).toMatchObject(signedIn)

      await forget(jane)
      const offered = await jane.page.evaluate(
        () => new Promise((resolve) => void latchkey.offerPasskeys(client, resolve)),
      )
      expect(offered).toMatchObject(signedIn)

      await forget(jane)
      const afterPassword = await jane.page.evaluate(
        async (input) => {
          const first = (await client.signInWithPassword(input)) as Latchkey.NeedsFactor
          return { factors: first.factors, result: await latchkey.provePasskey(client, first) }
        },
        { email, password },
      )
      expect(afterPassword.factors).toEqual(['passkey', 'recovery_code'])
      expect(afterPassword.result).toMatchObject({ ...signedIn, session: { aal: 2, amr: ['pwd', 'hwk', 'user'] } })
      await jane.context.close()
    })

    it('registers a person with a passkey in place of a password, in a browser without the JSON methods', async () => {
      const email = 'ben@example.com'
      const ben = await visitor({ bare: true })
      const waiting = await ben.page.evaluate((input) => latchkey.signUpWithPasskey(client, input), { email })
      expect(waiting).toMatchObject({ ok: true, status: 'needs_factor', factors: ['email_code'] })
      const { attempt } = waiting as Latchkey.NeedsFactor
      const code = await site.codeFor(email)
      const done = await ben.page.evaluate((input) => client.finishEmailCode(input), { attempt, code })
      expect(done).toMatchObject({ status: 'signed_in', user: { email } })
      await forget(ben)
      expect(await byButton(ben)).toMatchObject({ status: 'signed_in', user: { email } })
      expect(await ben.page.evaluate(() => client.passkeys())).toMatchObject({ passkeys: [{ usage: 'primary' }] })
      await ben.context.close()
    })

    it('gives a button precedence over the offer in the field, which comes back when the dialog was closed', async () => {
      const email = 'kim@example.com'
      const kim = await visitor()
      await signUp(kim, email)
      await register(kim)
      await forget(kim)
      await kim.authenticator.setPresence(false)
      await kim.page.evaluate(() => {
        const answers: unknown[] = []
        Object.assign(globalThis, { answers, stop: latchkey.offerPasskeys(client, (result) => answers.push(result)) })
      })
      await kim.page.waitForTimeout(300)
      const button = byButton(kim)
      await kim.page.waitForTimeout(300)
      // A second press takes the first one's place.
      await kim.authenticator.setPresence(true)
      const again = byButton(kim)
      expect(await button).toEqual({ ok: false, code: 'passkey_cancelled', status: 0 })
      expect(await again).toMatchObject({ status: 'signed_in' })
      await kim.page.waitForFunction(() => (globalThis as unknown as { answers: unknown[] }).answers.length > 0)
      const answers = await kim.page.evaluate(() => (globalThis as unknown as { answers: unknown[] }).answers)
      expect(answers).toMatchObject([{ status: 'signed_in' }])
      await kim.context.close()
    })

    it('ends an offer with its page, and then answers nothing', async () => {
      const email = 'lou@example.com'
      const lou = await visitor()
      await signUp(lou, email)
      await register(lou)
      await forget(lou)
      await lou.authenticator.setPresence(false)
      const answers = await lou.page.evaluate(async () => {
        const seen: unknown[] = []
        const stop = latchkey.offerPasskeys(client, (result) => seen.push(result))
        await new Promise((resolve) => setTimeout(resolve, 300))
        stop()
        return seen
      })
      await lou.authenticator.setPresence(true)
      await lou.page.waitForTimeout(300)
      expect(answers).toEqual([])
      expect(await lou.page.evaluate(() => client.session())).toMatchObject({ code: 'unauthenticated' })
      await lou.context.close()
    })

    it('does not register the same authenticator twice', async () => {
      const max = await visitor()
      await signUp(max, 'max@example.com')
      await max.page.evaluate(() => latchkey.registerPasskey(client, { usage: 'primary' }))
      expect(await register(max)).toEqual({ ok: false, code: 'passkey_exists', status: 0 })
      await max.context.close()
    })

    it('refuses a first factor that asked for no PIN, whatever the page asked the authenticator for', async () => {
      const nan = await visitor()
      await signUp(nan, 'nan@example.com')
      await register(nan)
      await forget(nan)
      await nan.authenticator.setUserVerified(false)
      expect(await signInBy(nan, { userVerification: 'discouraged' })).toMatchObject({ code: 'passkey_refused' })
      expect((await site.events()).at(-1)).toBe('login.failure user_unverified')
      await nan.context.close()
    })

    it('refuses a clone whose counter was seen, and lets the owner in again', async () => {
      const oli = await visitor()
      await signUp(oli, 'oli@example.com')
      await register(oli)
      await forget(oli)
      const copied = await oli.authenticator.copyKeys()
      expect(await byButton(oli)).toMatchObject({ status: 'signed_in' })
      expect(await byButton(oli)).toMatchObject({ status: 'signed_in' })
      const owned = await oli.authenticator.copyKeys()
      await oli.authenticator.restoreKeys(copied)
      expect(await byButton(oli)).toMatchObject({ ok: false, code: 'passkey_refused' })
      expect((await site.events()).at(-1)).toBe('passkey.counter_mismatch')
      await oli.authenticator.restoreKeys(owned)
      expect(await byButton(oli)).toMatchObject({ status: 'signed_in' })
      await oli.context.close()
    })

    it("never takes one person's passkey for another's second factor", async () => {
      const pat = await visitor()
      await signUp(pat, 'pat@example.com')
      await register(pat)
      const eve = await visitor()
      await signUp(eve, 'eve@example.com')
      await register(eve)
      await forget(eve)
      // Eve knows Pat's password and has an authenticator of her own.
      const result = await eve.page.evaluate(
        async (input) => {
          const first = (await client.signInWithPassword(input)) as Latchkey.NeedsFactor
          const { attempt } = first
          const honest = await latchkey.provePasskey(client, { attempt })
          const started = await client.startPasskeyFactor({ attempt })
          if (!started.ok) return { honest, forced: started }
          const options = PublicKeyCredential.parseRequestOptionsFromJSON({ ...started.options, allowCredentials: [] })
          const given = (await navigator.credentials.get({ publicKey: options })) as PublicKeyCredential
          const response = given.toJSON() as AuthenticationResponseJSON
          return { honest, forced: await client.finishPasskeyFactor({ attempt, ticket: started.ticket, response }) }
        },
        { email: 'pat@example.com', password },
      )
      expect(result.honest).toEqual({ ok: false, code: 'passkey_cancelled', status: 0 })
      expect(result.forced).toMatchObject({ ok: false, code: 'passkey_refused' })
      expect((await site.events()).at(-1)).toBe('login.failure wrong_user')
      expect(await eve.page.evaluate(() => client.session())).toMatchObject({ code: 'unauthenticated' })
      await eve.context.close()
      await pat.context.close()
    })

    /** A sign-in by passkey alone with options that the page changed. */
    function signInBy({ page }: Person, changed: { readonly userVerification: string }): Promise<unknown> {
      return page.evaluate(async (change) => {
        const started = await client.startPasskeySignIn()
        if (!started.ok) return started
        const options = PublicKeyCredential.parseRequestOptionsFromJSON({ ...started.options, ...change })
        const given = (await navigator.credentials.get({ publicKey: options })) as PublicKeyCredential
        const response = given.toJSON() as AuthenticationResponseJSON
        return client.finishPasskeySignIn({ ticket: started.ticket, response })
      }, changed)
    }
  })
}

describe.skipIf(chromiumPath === undefined)('with a virtual authenticator', () => {
  passkeysInChromium('SQLite', onSqlite)
})

describe.skipIf(chromiumPath === undefined || !postgresIsThere)('with a virtual authenticator and a server', () => {
  passkeysInChromium('PostgreSQL', onPostgres)
})
