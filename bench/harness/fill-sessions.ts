import BetterSqlite3 from 'better-sqlite3'
import { onPostgres } from './databases.ts'

/** Copies the sessions that are there under random ids until there are `wanted`, spread over their people. */
export async function fillSessions(dialect: 'sqlite' | 'postgres', url: string, wanted: number): Promise<void> {
  if (dialect === 'sqlite') return fillSqlite(url, wanted)
  await onPostgres(async (client) => {
    const { rows } = await client.query<{ column_name: string }>(
      `SELECT column_name FROM information_schema.columns WHERE table_name = 'latchkey_session' ORDER BY ordinal_position`,
    )
    const columns = rows.map(({ column_name }) => column_name)
    const copied = columns.map((name) => (name === 'id' ? 'gen_random_uuid()::text' : `s.${name}`))
    await client.query('CREATE TEMP TABLE original AS SELECT * FROM latchkey_session')
    const found = await client.query<{ count: string }>('SELECT count(*) FROM original')
    const there = Number(found.rows[0]?.count)
    await client.query(
      `INSERT INTO latchkey_session (${columns.join(', ')}) SELECT ${copied.join(', ')}
       FROM original s CROSS JOIN generate_series(1, $1::int) LIMIT $2`,
      [Math.ceil(wanted / there), wanted - there],
    )
    await client.query('ANALYZE latchkey_session')
  }, url)
}

function fillSqlite(url: string, wanted: number): void {
  const database = new BetterSqlite3(url, { timeout: 10_000 })
  const columns = database
    .prepare<[], { name: string }>(`SELECT name FROM pragma_table_info('latchkey_session')`)
    .all()
    .map(({ name }) => name)
  const hex = (bytes: number): string => `lower(hex(randomblob(${bytes})))`
  const uuid = [4, 2, 2, 2, 6].map(hex).join(` || '-' || `)
  const copied = columns.map((name) => (name === 'id' ? uuid : `s.${name}`))
  database.exec('CREATE TEMP TABLE original AS SELECT * FROM latchkey_session')
  const { there } = database.prepare<[], { there: number }>('SELECT count(*) AS there FROM original').get() ?? {
    there: 1,
  }
  database.exec(
    `INSERT INTO latchkey_session (${columns.join(', ')})
     WITH RECURSIVE series (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < ${Math.ceil(wanted / there)})
     SELECT ${copied.join(', ')} FROM original s CROSS JOIN series LIMIT ${wanted - there}`,
  )
  database.exec('ANALYZE latchkey_session')
  database.pragma('wal_checkpoint(TRUNCATE)')
  database.close()
}
