import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createMysqlDatabase,
  createPostgresDatabase,
  mysqlIsThere,
  postgresIsThere,
  type TestDatabase,
} from '../../../../../test/databases/servers.ts'
import { aSession, aUser, noon } from '../contract/fixtures.ts'
import { createMysqlStorage } from './mysql/mysql-storage.ts'
import { createPostgresStorage } from './postgres/postgres-storage.ts'
import { createSqliteStorage } from './sqlite/sqlite-storage.ts'
import { compileStatements, type CompiledStatements, type StatementName } from './statements/statements.ts'

/** What may read a table from one end, and why that is not long. */
const scans = {
  listSigningKeys: 'a handful of rows',
  'remove_signing-keys': 'a handful of rows',
  lastSeal: 'the last row',
  lastChangeBefore: 'backwards over the last seconds',
  remove_changes: 'the oldest rows, as many as are removed',
  remove_events: 'the oldest rows, as many as are removed',
  counts: 'asked for by an administrator',
  databaseNow: 'no table',
} as const satisfies Partial<Record<StatementName, string>>

async function namesWith(
  statements: CompiledStatements,
  isSo: (name: StatementName) => boolean | Promise<boolean>,
): Promise<readonly StatementName[]> {
  const names: StatementName[] = []
  for (const name of Object.keys(statements) as StatementName[]) if (await isSo(name)) names.push(name)
  return names.sort()
}

describe('plans on SQLite', () => {
  const statements = compileStatements('sqlite', 'latchkey_')
  /** What is put in order after it was read, and why that is little. */
  const sorts = {
    findSubject: 'the credentials of one person',
    findSubjectByEmail: 'the credentials of one person',
    findCredential: 'the credentials of one person',
    listWaitingChallengesOfUser: 'the challenges of one person, whose number the limits bound',
    listUsersByEmail: 'a search by an administrator',
    listMessagesOfStatus: 'asked for by an administrator',
    dueMessages: 'what waits to be sent',
    'remove_signing-keys': 'a handful of rows',
  } as const satisfies Partial<Record<StatementName, string>>
  let database: Database.Database

  beforeAll(async () => {
    database = new Database(':memory:')
    await (await createSqliteStorage({ database })).migrate()
  })

  afterAll(() => void database.close())

  function planOf(name: StatementName): string {
    const { text, parameters } = statements[name]
    const plan = database.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${text}`)
    return plan
      .all(parameters.map(() => 1))
      .map(({ detail }) => detail)
      .join('\n')
  }

  it('read no table from end to end, but those with a reason', async () => {
    expect(await namesWith(statements, (name) => planOf(name).includes('SCAN'))).toEqual(Object.keys(scans).sort())
  })

  it('put nothing in order that an index has in order, but what is little', async () => {
    expect(await namesWith(statements, (name) => planOf(name).includes('TEMP B-TREE'))).toEqual(
      Object.keys(sorts).sort(),
    )
  })

  // Ended sessions are kept for a while: a sign-in must not read all that a busy account ever opened.
  it('find the sessions that are one too many among the live ones, in the index alone', () => {
    expect(planOf('trimSessions')).toContain(
      'SEARCH latchkey_session USING COVERING INDEX latchkey_session_by_user (user_id=? AND revoked_at=?)',
    )
    for (const name of ['listSessions', 'revokeSessions', 'appendChangesOfTrimmed'] as const)
      expect(planOf(name)).toContain('USING INDEX latchkey_session_by_user (user_id=? AND revoked_at=?)')
  })
})

describe.skipIf(!postgresIsThere)('plans on PostgreSQL', () => {
  const statements = compileStatements('postgres', 'latchkey_')
  let database: TestDatabase

  beforeAll(async () => {
    database = await createPostgresDatabase()
    const storage = await createPostgresStorage({ url: database.url })
    await storage.migrate()
    await storage.close()
    // The plan that is kept for a prepared statement; a table is read from end to end only where no index would do.
    await database.query('SET plan_cache_mode = force_generic_plan')
    await database.query('SET enable_seqscan = off')
  })

  afterAll(() => database.drop())

  async function planOf(name: StatementName): Promise<string> {
    const { text, parameters } = statements[name]
    await database.query(`PREPARE asked AS ${text}`)
    const values = parameters.length === 0 ? '' : `(${parameters.map(() => 'NULL').join(', ')})`
    const rows = await database.query(`EXPLAIN EXECUTE asked${values}`)
    await database.query('DEALLOCATE asked')
    return rows.map((row) => String(row['QUERY PLAN'])).join('\n')
  }

  it('read no table from end to end, but those with a reason', async () => {
    const found = await namesWith(statements, async (name) => (await planOf(name)).includes('Seq Scan'))
    expect(Object.keys(scans)).toEqual(expect.arrayContaining([...found]))
  })

  it('find the sessions of a person that are live', async () => {
    for (const name of ['trimSessions', 'listSessions', 'revokeSessions'] as const)
      expect(await planOf(name)).toMatch(
        /using latchkey_session_by_user[^]*Cond: \(\(user_id = .* AND \(revoked_at IS NULL\)/i,
      )
  })
})

describe.skipIf(!mysqlIsThere)('plans on MySQL', () => {
  const statements = compileStatements('mysql', 'latchkey_')
  let database: TestDatabase

  // The planner looks at what is there.
  beforeAll(async () => {
    database = await createMysqlDatabase()
    const storage = await createMysqlStorage({ url: database.url })
    await storage.migrate()
    const users = Array.from({ length: 40 }, () => aUser())
    for (const user of users)
      await storage.commit(
        [
          { kind: 'createUser', user },
          ...Array.from({ length: 12 }, () => ({ kind: 'openSession' as const, session: aSession(user) })),
        ],
        noon,
      )
    await storage.close()
    await database.query('ANALYZE TABLE latchkey_session, latchkey_user')
  })

  afterAll(() => database.drop())

  it('find the sessions of a person by index, and no others', async () => {
    const [row] = await database.query('SELECT id FROM latchkey_user LIMIT 1')
    const values: Readonly<Record<string, string>> = { user_id: `'${String(row?.['id'])}'`, reason: `'signed_out'` }
    for (const name of ['trimSessions', 'listSessions', 'revokeSessions', 'appendChangesOfTrimmed'] as const) {
      const { text, parameters } = statements[name]
      let place = 0
      const filled = text.replaceAll('?', () => values[parameters[place++] ?? ''] ?? '1')
      const plan = await database.query(`EXPLAIN ${filled}`)
      const read = plan.filter((step) => /^(s|latchkey_session)$/.test(String(step['table'])))
      const ways = read.map(({ type }) => String(type)).join()
      expect(`${name}: ${ways}`).toMatch(/: (ref|eq_ref|range)(,(ref|eq_ref|range))*$/)
    }
  })
})
