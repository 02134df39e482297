import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sleep, systemTimers } from '../../packages/latchkey/src/platform/timers.ts'
import type { Storage } from '../../packages/latchkey/src/storage/storage.ts'
import { createFakeClock } from '../../packages/latchkey/src/testing/fake-clock.ts'
import { costOf, observeStorage } from '../../packages/latchkey/src/testing/observed-storage.ts'
import { createTestAuth, type TestAuth } from '../../packages/latchkey/src/testing/test-auth.ts'
import { createTestBrowser, type TestBrowser } from '../../packages/latchkey/src/testing/test-browser.ts'
import { signInAgain } from '../../packages/latchkey/src/testing/test-session.ts'
import type { TestDatabase } from './servers.ts'

export interface TwoNodes {
  readonly database: TestDatabase
  readonly storages: readonly [Storage, Storage]
  /** Ends every connection of the storages from the database's side. */
  cut(): Promise<void>
  cleanUp(): Promise<void>
}

const email = 'ada@example.com'
const hardBoundMs = 2_000

/** What the session cache of one node makes of what another does, on a real database. */
export function revocationOnTwoNodes(name: string, create: () => Promise<TwoNodes>): void {
  describe(`the session caches of two nodes on ${name}`, () => {
    let nodes: TwoNodes
    let here: TestAuth
    let there: TestAuth
    let costs: () => readonly string[]
    let first: TestBrowser
    let userId = ''

    beforeAll(async () => {
      nodes = await create()
      const clock = createFakeClock(Date.now())
      const watched = observeStorage(nodes.storages[1])
      here = createTestAuth({ clock, storage: nodes.storages[0] })
      there = createTestAuth({ clock, storage: watched.storage, seed: 2, session: { maxPerUser: 1_000 } })
      costs = () => {
        const made = costOf(watched.calls).filter((cost) => cost !== 'listChanges')
        watched.forget()
        return made
      }
      first = await here.signUp(email)
      userId = (await here.auth.users.findByEmail(email))?.id ?? ''
    })
    afterAll(async () => {
      await here.auth.close()
      await there.auth.close()
      await nodes.cleanUp()
    })

    /** The same person at the other node, in its cache. */
    async function cachedThere(): Promise<TestBrowser> {
      const device = createTestBrowser({
        handle: here.auth.handle,
        origin: 'https://app.example.com',
        basePath: '/auth',
      })
      for (const [cookie, value] of first.cookies) if (cookie.includes('device')) device.cookies.set(cookie, value)
      await signInAgain(here, email, device)
      const moved = there.browser()
      for (const [cookie, value] of device.cookies) moved.cookies.set(cookie, value)
      await expect
        .poll(async () => {
          expect((await moved.get('/session')).status).toBe(200)
          costs()
          await moved.get('/session')
          return costs()
        })
        .toEqual([])
      return moved
    }

    /** How long after `endedAt` the last check began that let the browser pass. */
    async function lateBy(browser: TestBrowser, endedAt: number): Promise<number> {
      let lateMs = 0
      for (;;) {
        const beganAt = performance.now()
        const { status } = await browser.get('/session')
        if (status === 401) return lateMs
        if (status === 200) lateMs = beganAt - endedAt
        if (lateMs > 2 * hardBoundMs) return lateMs
        await sleep(systemTimers, 5)
      }
    }

    it('cost no statement, and end within the bound what the other node ends', async () => {
      for (let round = 0; round < 3; round++) {
        const browser = await cachedThere()
        await here.auth.sessions.revokeAll(userId)
        expect(await lateBy(browser, performance.now())).toBeLessThan(hardBoundMs)
      }
    })

    it('end it, too, when its transaction shows long after its place in the feed was taken and others have passed it', async () => {
      const browser = await cachedThere()
      const { session } = (await browser.get('/session')).body as { readonly session: { readonly id: string } }
      const { query } = nodes.database
      const now = Date.now()
      await query('BEGIN')
      await query(`UPDATE latchkey_session SET revoked_at = ${now} WHERE id = '${session.id}'`)
      await query(
        `INSERT INTO latchkey_change (user_id, session_id, occurred_at) VALUES ('${userId}', '${session.id}', ${now})`,
      )
      for (let other = 0; other < 12; other++) {
        await here.auth.users.setRoles(userId, [`role-${other}`])
        await sleep(systemTimers, 500)
        expect((await browser.get('/session')).status).toBe(200)
      }
      await expect
        .poll(async () => {
          await browser.get('/session')
          costs()
          await browser.get('/session')
          return costs()
        })
        .toEqual([])
      await query('COMMIT')
      expect(await lateBy(browser, performance.now())).toBeLessThan(hardBoundMs)
    })

    it('end it when every connection was cut, and cost no statement again afterwards', async () => {
      const browser = await cachedThere()
      await nodes.cut()
      await here.auth.sessions.revokeAll(userId).catch(() => here.auth.sessions.revokeAll(userId))
      expect(await lateBy(browser, performance.now())).toBeLessThan(hardBoundMs)
      expect((await (await cachedThere()).get('/session')).status).toBe(200)
    })
  })
}
