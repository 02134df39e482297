import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createMysqlDatabase,
  createPostgresDatabase,
  mysqlIsThere,
  postgresIsThere,
  type TestDatabase,
} from '../../../../../test/databases/servers.ts'
import { aChallenge, aMessage, anEvent, aSession, aUser, noon } from '../contract/fixtures.ts'
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
  remove_changes: 'the oldest rows, as many as may be removed at once',
  remove_events: 'the oldest rows, as many as may be removed at once',
  counts: 'the users, for metrics and administrators',
  databaseNow: 'no table',
} as const satisfies Partial<Record<StatementName, string>>

function times<Item>(count: number, make: () => Item): readonly Item[] {
  return Array.from({ length: count }, make)
}

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
    listUsersByEmail: 'a search by an administrator',
    listMessagesOfStatus: 'asked for by an administrator',
    dueMessages: 'those that became due in one millisecond',
    remove_sessions: 'as many as are removed',
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
    // Of `remove_sessions` it is what was found, not the table.
    const isScan = (name: StatementName): boolean => /SCAN (?!revoked$|expired$)/m.test(planOf(name))
    expect(await namesWith(statements, isScan)).toEqual(Object.keys(scans).sort())
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

  // The process does nothing else while it counts for a scrape.
  it('count the live sessions without the ended ones', () => {
    expect(planOf('counts')).toContain('SEARCH latchkey_session USING INDEX latchkey_session_live (expires_at>?)')
  })

  it('find the sessions that are over in the order of two indexes', () => {
    const plan = planOf('remove_sessions')
    expect(plan).toContain('USING INDEX latchkey_session_revoked_at (revoked_at<?)')
    expect(plan).toContain('USING INDEX latchkey_session_live (expires_at<?)')
  })

  it('find what waits for a person, and what is to be sent, in the order of an index', () => {
    expect(planOf('listWaitingChallengesOfUser')).toContain(
      'latchkey_challenge_by_user (user_id=? AND purpose=? AND expires_at>?)',
    )
    expect(planOf('dueMessages')).toContain('latchkey_message_due (status=? AND next_attempt_at<?)')
    expect(planOf('dueMessages')).toContain('LAST TERM OF ORDER BY')
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

  it('find the sessions that are over in the order of two indexes', async () => {
    await database.query('SET enable_sort = off')
    const plan = await planOf('remove_sessions')
    await database.query('RESET enable_sort')
    for (const column of ['revoked_at', 'expires_at'])
      expect(plan).toMatch(new RegExp(`Index Scan using latchkey_session_${column} .*\\n *Index Cond: \\(${column} <`))
  })

  it('find what waits for a person, and what is to be sent, in the order of an index', async () => {
    // Of an empty table that would be as cheap.
    await database.query('SET enable_sort = off')
    expect(await planOf('listWaitingChallengesOfUser')).toMatch(/Index Cond: .*user_id = .*purpose = .*expires_at >/)
    expect(await planOf('dueMessages')).toMatch(
      /Presorted Key: next_attempt_at\n *->  Index Scan using latchkey_message_due/,
    )
    await database.query('RESET enable_sort')
  })
})

describe.skipIf(!mysqlIsThere)('plans on MySQL', () => {
  const statements = compileStatements('mysql', 'latchkey_')
  let database: TestDatabase

  const signedOut = { revokedAt: noon, revokedReason: 'signed_out' } as const

  // The planner looks at what is there.
  beforeAll(async () => {
    database = await createMysqlDatabase()
    const storage = await createMysqlStorage({ url: database.url })
    await storage.migrate()
    const users = Array.from({ length: 40 }, () => aUser())
    const busy = users[0]?.id ?? null
    for (const user of users)
      await storage.commit(
        [
          { kind: 'createUser', user },
          ...times(12, () => ({ kind: 'openSession', session: aSession(user) }) as const),
          ...times(12, () => ({ kind: 'openSession', session: aSession(user, signedOut) }) as const),
          ...times(12, () => ({ kind: 'issueChallenge', challenge: aChallenge({ userId: busy }) }) as const),
          ...times(
            12,
            () => ({ kind: 'enqueueMessage', message: aMessage({ status: 'sent', settledAt: noon }) }) as const,
          ),
          ...times(12, () => ({ kind: 'appendChange', userId: user.id, sessionId: null }) as const),
          ...times(12, () => ({ kind: 'appendEvent', event: anEvent() }) as const),
        ],
        noon,
      )
    for (const user of users)
      await storage.commit(
        times(12, () => ({ kind: 'enqueueMessage', message: aMessage({ userId: user.id }) }) as const),
        noon,
      )
    await storage.close()
    const tables = ['user', 'session', 'challenge', 'message', 'change', 'event']
    await database.query(`ANALYZE TABLE ${tables.map((table) => `latchkey_${table}`).join(', ')}`)
  })

  afterAll(() => database.drop())

  function filled(name: StatementName, values: Readonly<Record<string, string | number>>): string {
    const { text, parameters } = statements[name]
    let place = 0
    return text.replaceAll('?', () => {
      const value = values[parameters[place++] ?? ''] ?? 1
      return typeof value === 'string' ? `'${value}'` : String(value)
    })
  }

  it('find the sessions of a person by index, and no others', async () => {
    const [row] = await database.query('SELECT id FROM latchkey_user LIMIT 1')
    const values = { user_id: String(row?.['id']), reason: 'signed_out' }
    for (const name of ['trimSessions', 'listSessions', 'revokeSessions', 'appendChangesOfTrimmed'] as const) {
      const plan = await database.query(`EXPLAIN ${filled(name, values)}`)
      const read = plan.filter((step) => /^(s|latchkey_session)$/.test(String(step['table'])))
      const ways = read.map(({ type }) => String(type)).join()
      expect(`${name}: ${ways}`).toMatch(/: (ref|eq_ref|range)(,(ref|eq_ref|range))*$/)
    }
  })

  async function handled(): Promise<number> {
    const counts = await database.query(`SHOW SESSION STATUS LIKE 'Handler_read%'`)
    return counts.reduce((sum, { Value: value }) => sum + Number(value), 0)
  }

  /** Steps from row to row, by index or not; what the count itself adds is taken off. */
  async function rowsRead(name: StatementName, values: Readonly<Record<string, string | number>>): Promise<number> {
    const asking = -(await handled()) + (await handled())
    await database.query('START TRANSACTION')
    const before = await handled()
    await database.query(filled(name, values))
    const read = (await handled()) - before - asking
    await database.query('ROLLBACK')
    return read
  }

  const few = 60
  const limit = 10

  it('remove some of much that is over, or of nothing, without a look at the rest', async () => {
    const ended = { before: noon + 1, limit }
    for (const name of ['remove_sessions', 'remove_changes', 'remove_events'] as const) {
      expect(`${name} ${await rowsRead(name, ended)}`).toMatch(/ \d\d$/)
      expect(await rowsRead(name, { before: 1, limit })).toBeLessThan(few)
    }
  })

  it('find what is due and what waits without a look at the rest', async () => {
    const [row] = await database.query('SELECT user_id FROM latchkey_challenge LIMIT 1')
    const waiting = { user_id: String(row?.['user_id']), purpose: 'factors-reset', now: noon, limit: 1 }
    expect(await rowsRead('dueMessages', { now: noon, limit })).toBeLessThan(few)
    expect(await rowsRead('dueMessages', { now: noon - 1, limit })).toBeLessThan(few)
    expect(await rowsRead('listWaitingChallengesOfUser', waiting)).toBeLessThan(few)
    const trims = { before: 'g', kind_low: 'audit.trimmed', kind_high: 'audit.trimmed', limit }
    expect(await rowsRead('listEvents', trims)).toBeLessThan(few)
  })
})
