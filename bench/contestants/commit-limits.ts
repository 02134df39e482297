import { randomBytes } from 'node:crypto'
import BetterSqlite3 from 'better-sqlite3'
import pg from 'pg'
import type { Contestant } from '../harness/contestant.ts'
import { createPostgresDatabase, createSqliteFile } from '../harness/databases.ts'

const schema = `
  CREATE TABLE counter (name TEXT PRIMARY KEY, hits INTEGER NOT NULL);
  CREATE TABLE session (id TEXT PRIMARY KEY, person_id TEXT NOT NULL, digest TEXT NOT NULL);
  CREATE TABLE event (id TEXT PRIMARY KEY, kind TEXT NOT NULL);`
const upsert = (first: string): string =>
  `INSERT INTO counter (name, hits) VALUES (${first}, 1) ON CONFLICT (name) DO UPDATE SET hits = counter.hits + 1`
const text = (): string => randomBytes(16).toString('base64url')
const counterOf = (index: number): string => `person-${index % 200}`

/** What a sign-in cannot do without on SQLite: a charge that is durable by itself, then the session and its event in one commit. */
export async function sqliteCommits(): Promise<Contestant> {
  const file = await createSqliteFile()
  const database = new BetterSqlite3(file.url)
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = FULL')
  database.exec(schema)
  const charge = database.prepare<[string]>(upsert('?'))
  const open = database.prepare<[string, string, string]>('INSERT INTO session VALUES (?, ?, ?)')
  const note = database.prepare<[string, string]>('INSERT INTO event VALUES (?, ?)')
  const commit = database.transaction((person: string) => {
    open.run(text(), person, text())
    note.run(text(), 'login.success')
  })
  return {
    operations: {
      'sign-in': {
        run(index) {
          charge.run(counterOf(index))
          commit.immediate(counterOf(index))
        },
      },
    },
    async close() {
      database.close()
      await file.drop()
    },
  }
}

export async function postgresCommits(): Promise<Contestant> {
  const database = await createPostgresDatabase()
  const pool = new pg.Pool({ connectionString: database.url, max: 12 })
  pool.on('error', () => undefined)
  await pool.query(schema)
  const both = `WITH opened AS (INSERT INTO session VALUES ($1, $2, $3)) INSERT INTO event VALUES ($4, $5)`
  return {
    operations: {
      'sign-in': {
        async run(index) {
          const person = counterOf(index)
          await pool.query({ name: 'charge', text: upsert('$1'), values: [person] })
          await pool.query({ name: 'open', text: both, values: [text(), person, text(), text(), 'login.success'] })
        },
      },
    },
    async close() {
      await pool.end()
      await database.drop()
    },
  }
}
