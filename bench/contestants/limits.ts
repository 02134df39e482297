import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import BetterSqlite3 from 'better-sqlite3'
import { hash, verify } from '@node-rs/argon2'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { jwtVerify, SignJWT } from 'jose'
import pg from 'pg'
import type { Contestant, ContestantOptions, Operation } from '../harness/contestant.ts'
import { createPostgresDatabase, createSqliteFile } from '../harness/databases.ts'
import { postgresCommits, sqliteCommits } from './commit-limits.ts'
import { argon2Parameters } from '../harness/hasher.ts'
import { benchPassword } from '../harness/people.ts'

/** What the machine can do: no product, only the parts. `kind` says which. */
export async function create(options: ContestantOptions): Promise<Contestant> {
  switch (options['kind']) {
    case 'sqlite-join':
      return sqliteJoin(options)
    case 'postgres-join':
      return postgresJoin(options)
    case 'sqlite-commits':
      return sqliteCommits()
    case 'postgres-commits':
      return postgresCommits()
    case 'hash-pool':
      return hashPool()
    case 'jose':
      return joseVerify()
    case 'hono':
      return bareHono(options)
    default:
      return bareNode(options)
  }
}

const schema = `
  CREATE TABLE person (id TEXT PRIMARY KEY, email TEXT NOT NULL, epoch INTEGER NOT NULL, blocked_at BIGINT);
  CREATE TABLE session (id TEXT PRIMARY KEY, person_id TEXT NOT NULL, digest TEXT NOT NULL, epoch INTEGER NOT NULL, expires_at BIGINT NOT NULL);`
const join =
  'SELECT s.digest, s.epoch, s.expires_at, p.id, p.email, p.epoch AS person_epoch, p.blocked_at FROM session s JOIN person p ON p.id = s.person_id WHERE s.id = '
const key = randomBytes(32)

function digestOf(secret: string): string {
  return createHmac('sha256', key).update(secret).digest('base64url')
}

function judge(row: { readonly digest: string } | undefined, secret: string): void {
  if (row === undefined || !timingSafeEqual(Buffer.from(row.digest), Buffer.from(digestOf(secret))))
    throw new Error('nobody is signed in')
}

const fixtures = Array.from({ length: 200 }, (_, index) => ({
  id: `s${index}`,
  secret: randomBytes(32).toString('base64url'),
}))
const fixtureOf = (index: number): (typeof fixtures)[number] =>
  fixtures[index % fixtures.length] as (typeof fixtures)[number]

/** HMAC of the secret and one prepared join, and the same as a server that answers given bytes. */
async function sqliteJoin(options: ContestantOptions): Promise<Contestant> {
  const file = await createSqliteFile()
  const database = new BetterSqlite3(file.url)
  database.pragma('journal_mode = WAL')
  database.exec(schema)
  for (const { id, secret } of fixtures) {
    database.prepare('INSERT INTO person VALUES (?, ?, 0, NULL)').run(`p${id}`, `${id}@example.com`)
    database.prepare('INSERT INTO session VALUES (?, ?, ?, 0, 0)').run(id, `p${id}`, digestOf(secret))
  }
  const statement = database.prepare<[string], { readonly digest: string }>(`${join}?`)
  const check = (index: number): void => {
    const { id, secret } = fixtureOf(index)
    judge(statement.get(id), secret)
  }
  const pool = hashPoolOperation()
  let checks = 0
  return {
    operations: { 'session-check': { run: check }, 'sign-in': pool },
    listen: () => listenNode((response) => (check(checks++), answerWith(response, options))),
    async close() {
      database.close()
      await file.drop()
    },
  }
}

async function postgresJoin(options: ContestantOptions): Promise<Contestant> {
  const database = await createPostgresDatabase()
  const pool = new pg.Pool({ connectionString: database.url, max: 2 })
  pool.on('error', () => undefined)
  await pool.query(schema)
  for (const { id, secret } of fixtures) {
    await pool.query('INSERT INTO person VALUES ($1, $2, 0, NULL)', [`p${id}`, `${id}@example.com`])
    await pool.query('INSERT INTO session VALUES ($1, $2, $3, 0, 0)', [id, `p${id}`, digestOf(secret)])
  }
  const check = async (index: number): Promise<void> => {
    const { id, secret } = fixtureOf(index)
    const { rows } = await pool.query<{ digest: string }>({ name: 'check', text: `${join}$1`, values: [id] })
    judge(rows[0], secret)
  }
  let checks = 0
  return {
    operations: { 'session-check': { run: check } },
    listen: () => listenNode((response) => void check(checks++).then(() => answerWith(response, options))),
    async close() {
      await pool.end()
      await database.drop()
    },
  }
}

function hashPool(): Promise<Contestant> {
  return Promise.resolve({ operations: { 'sign-in': hashPoolOperation() }, close: () => Promise.resolve() })
}

/** Verifications alone, two at a time whatever the concurrency: one a core of the class of machine that the bars are for. */
function hashPoolOperation(): Operation {
  const waiting: (() => void)[] = []
  let running = 0
  let stored: Promise<string> | undefined
  return {
    async run() {
      stored ??= hash(benchPassword, argon2Parameters)
      const hashed = await stored
      if (running >= 2) await new Promise<void>((resolve) => waiting.push(resolve))
      running++
      try {
        if (!(await verify(hashed, benchPassword))) throw new Error('the hash does not match')
      } finally {
        running--
        waiting.shift()?.()
      }
    },
  }
}

async function joseVerify(): Promise<Contestant> {
  const { privateKey, publicKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, [
    'sign',
    'verify',
  ])
  const token = await new SignJWT({ sid: 's' })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt' })
    .setIssuer('bench')
    .setAudience('bench')
    .setExpirationTime('1h')
    .sign(privateKey)
  const run = async (): Promise<void> =>
    void (await jwtVerify(token, publicKey, { issuer: 'bench', audience: 'bench' }))
  return { operations: { 'session-check': { run } }, close: () => Promise.resolve() }
}

async function bareHono({ answer }: ContestantOptions): Promise<Contestant> {
  const app = new Hono()
  const headers = Object.fromEntries(answer?.headers ?? [])
  app.get('/auth/session', (context) => context.body(answer?.body ?? '', 200, headers))
  return {
    operations: {},
    listen: () =>
      new Promise((resolve) => {
        serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) =>
          resolve({ port, target: '/auth/session', headers: {} }),
        )
      }),
    close: () => Promise.resolve(),
  }
}

function bareNode(options: ContestantOptions): Promise<Contestant> {
  return Promise.resolve({
    operations: {},
    listen: () => listenNode((response) => answerWith(response, options)),
    close: () => Promise.resolve(),
  })
}

function answerWith(response: ServerResponse, { answer }: ContestantOptions): void {
  const body = answer?.body ?? ''
  response.writeHead(200, [...(answer?.headers ?? []).flat(), 'content-length', String(Buffer.byteLength(body))])
  response.end(body)
}

async function listenNode(
  serveOne: (response: ServerResponse) => void,
): Promise<{ port: number; target: string; headers: Readonly<Record<string, string>> }> {
  const server = createServer((_message, response) => serveOne(response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, target: '/auth/session', headers: {} }
}
