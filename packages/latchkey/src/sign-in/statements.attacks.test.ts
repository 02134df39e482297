import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { hourMs } from '../platform/clock.ts'
import { createSqliteStorage } from '../storage/sql/sqlite/sqlite-storage.ts'
import { createTestAuth, testPassword, type TestAuth } from '../testing/test-auth.ts'
import type { TestAnswer, TestBrowser } from '../testing/test-browser.ts'

const known = 'ada@example.com'
const unknown = 'bob@example.com'
const blocked = 'eve@example.com'

const asks: { readonly [name: string]: (browser: TestBrowser, email: string) => Promise<TestAnswer> } = {
  'sign-in': (browser, email) => browser.post('/sign-in/password', { email, password: 'wrong horse' }),
  'sign-up': (browser, email) => browser.post('/sign-up', { email, password: testPassword }),
  'reset request': (browser, email) => browser.post('/password/reset-request', { email }),
  'code request': (browser, email) => browser.post('/sign-in/email-code', { email }),
}

/** The engine on SQLite, and what the database itself was told. */
async function createSetting(): Promise<{ readonly test: TestAuth; readonly statements: string[] }> {
  const statements: string[] = []
  const database = new Database(':memory:', { verbose: (text) => void statements.push(shapeOf(String(text))) })
  const storage = await createSqliteStorage({ database })
  await storage.migrate()
  const test = createTestAuth({ storage })
  for (const email of [known, blocked]) await test.signUp(email)
  await test.auth.users.block((await test.auth.users.findByEmail(blocked))?.id ?? '')
  await test.clock.advance(2 * hourMs)
  return { test, statements }
}

/** The statement without its values, as better-sqlite3 writes them. */
function shapeOf(text: string): string {
  return text
    .replace(/\/\*.*?\*\//g, '')
    .replace(/\+?'(?:[^']|'')*'|[-+]?\b\d+(?:\.\d+)?\b|\bNULL\b/g, '?')
    .replace(/\+\?/g, '?')
    .replace(/\s+/g, ' ')
}

it('the database is told the same statements before the answer for a known, an unknown and a blocked address', async () => {
  for (const [name, ask] of Object.entries(asks)) {
    const seen: (readonly string[])[] = []
    for (const email of [known, unknown, blocked]) {
      const { test, statements } = await createSetting()
      statements.splice(0)
      const { status } = await ask(test.browser(), email)
      expect([name, [200, 401].includes(status)]).toEqual([name, true])
      seen.push([...statements])
      await test.auth.close()
    }
    const [first = []] = seen
    expect(first.length).toBeGreaterThan(4)
    for (const statements of seen) expect([name, statements]).toEqual([name, first])
  }
}, 30_000)
