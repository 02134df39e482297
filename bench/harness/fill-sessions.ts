import BetterSqlite3 from 'better-sqlite3'
import { onPostgres } from './databases.ts'

/**
 * Copies the sessions that are there until there are `wanted`, spread over their people, and puts all of them in a random order. The ids of
 * copies are drawn from between the first and the last one, so that those that are asked about are spread over the table and its indexes.
 */
export async function fillSessions(dialect: 'sqlite' | 'postgres', url: string, wanted: number): Promise<void> {
  return dialect === 'sqlite' ? fillSqlite(url, wanted) : fillPostgres(url, wanted)
}

/** Of an id of ours the first 12 digits are the time. */
const timeOf = (which: 'min' | 'max'): string =>
  `(SELECT substr(${which}(id), 1, 8) || substr(${which}(id), 10, 4) FROM original)`

async function fillPostgres(url: string, wanted: number): Promise<void> {
  await onPostgres(async (client) => {
    const { rows } = await client.query<{ column_name: string }>(
      `SELECT column_name FROM information_schema.columns WHERE table_name = 'latchkey_session' ORDER BY ordinal_position`,
    )
    const columns = rows.map(({ column_name }) => column_name)
    await client.query('CREATE TEMP TABLE original AS SELECT * FROM latchkey_session')
    const found = await client.query<{ count: string; first: string; last: string }>(
      `SELECT count(*), ${timeOf('min')} AS first, ${timeOf('max')} AS last FROM original`,
    )
    const { count = '1', first = '0', last = '0' } = found.rows[0] ?? {}
    const [there, from, to] = [Number(count), Number.parseInt(first, 16), Number.parseInt(last, 16)]
    const time = `lpad(to_hex((${from} + random() * ${to - from})::bigint), 12, '0')`
    const id = `left(t, 8) || '-' || right(t, 4) || substr(gen_random_uuid()::text, 14)`
    const copied = columns.map((name) => (name === 'id' ? id : `s.${name}`))
    await client.query(
      `CREATE TEMP TABLE filled AS
       SELECT ${columns.join(', ')} FROM original
       UNION ALL
       (SELECT ${copied.join(', ')} FROM original s CROSS JOIN generate_series(1, $1::int) n
          CROSS JOIN LATERAL (SELECT ${time} AS t WHERE n > 0) drawn LIMIT $2)`,
      [Math.ceil(wanted / there), wanted - there],
    )
    await client.query('TRUNCATE latchkey_session')
    await client.query(`INSERT INTO latchkey_session SELECT * FROM filled ORDER BY random()`)
    await client.query('VACUUM ANALYZE latchkey_session')
  }, url)
}

function fillSqlite(url: string, wanted: number): void {
  const database = new BetterSqlite3(url, { timeout: 10_000 })
  const columns = database
    .prepare<[], { name: string }>(`SELECT name FROM pragma_table_info('latchkey_session')`)
    .all()
    .map(({ name }) => name)
  database.exec('CREATE TEMP TABLE original AS SELECT * FROM latchkey_session')
  const found = database
    .prepare<[], { there: number; first: string; last: string }>(
      `SELECT count(*) AS there, ${timeOf('min')} AS first, ${timeOf('max')} AS last FROM original`,
    )
    .get()
  const { there = 1, first = '0', last = '0' } = found ?? {}
  const [from, to] = [Number.parseInt(first, 16), Number.parseInt(last, 16)]
  const hex = (bytes: number): string => `lower(hex(randomblob(${bytes})))`
  const time = `printf('%012x', ${from} + abs(random()) % ${to - from + 1})`
  const id = `substr(t, 1, 8) || '-' || substr(t, 9) || '-7' || substr(${hex(2)}, 2) || '-8' || substr(${hex(2)}, 2) || '-' || ${hex(6)}`
  const copied = columns.map((name) => (name === 'id' ? id : name))
  database.exec(
    `CREATE TEMP TABLE filled AS
     WITH RECURSIVE series (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < ${Math.ceil(wanted / there)}),
       drawn AS MATERIALIZED (SELECT s.*, ${time} AS t FROM original s CROSS JOIN series LIMIT ${wanted - there})
     SELECT ${columns.join(', ')} FROM original UNION ALL SELECT ${copied.join(', ')} FROM drawn`,
  )
  database.exec('DELETE FROM latchkey_session')
  database.exec(`INSERT INTO latchkey_session (${columns.join(', ')}) SELECT * FROM filled ORDER BY random()`)
  database.exec('ANALYZE latchkey_session')
  database.pragma('wal_checkpoint(TRUNCATE)')
  database.close()
}
