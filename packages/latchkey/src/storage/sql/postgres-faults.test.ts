import { once } from 'node:events'
import { createServer } from 'node:net'
import pg from 'pg'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { databaseFaultCases, expectFault, textOf } from '../../../../../test/databases/fault-cases.ts'
import { createProxiedPostgres } from '../../../../../test/databases/proxied.ts'
import { createPostgresDatabase, postgresIsThere } from '../../../../../test/databases/servers.ts'
import { LatchkeyError } from '../../platform/errors.ts'
import { aChallenge, aKey, anEvent, aUser, noon } from '../contract/fixtures.ts'
import type { PostgresClient, PostgresPool } from './postgres/driver.ts'
import { createPostgresStorage } from './postgres/postgres-storage.ts'

const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

describe.skipIf(!postgresIsThere)('postgres faults', () => {
  databaseFaultCases({
    impatientMs: 400,
    create: createProxiedPostgres,
    async openRaw(url) {
      const client = new pg.Client({ connectionString: url })
      await client.connect()
      return { query: (text) => client.query(text), end: () => client.end() }
    },
  })

  it('goes through an app’s own pool, pipelined, not, or of another driver, and leaves it open', async () => {
    for (const kind of ['plain', 'pipelined', 'of another driver'] as const) {
      const database = await createPostgresDatabase()
      cleanUps.push(() => database.drop())
      const pool = new pg.Pool({ connectionString: database.url, max: 4, pipeline: kind === 'pipelined' })
      // As every app must: a server that ends an idle connection is no reason to crash. Dropping the database does just that.
      pool.on('error', () => undefined)
      cleanUps.push(() => pool.end())
      const storage = await createPostgresStorage({ pool: kind === 'of another driver' ? disguised(pool) : pool })
      await storage.migrate()
      const [user, challenge, event] = [aUser(), aChallenge(), anEvent()]
      const writes = [
        { kind: 'createUser', user },
        { kind: 'issueChallenge', challenge },
        { kind: 'appendEvent', event },
      ] as const
      expect(await storage.commit(writes, noon)).toEqual({ ok: true, changed: [1, 1, 1] })
      const taken = storage.commit([{ kind: 'appendEvent', event: anEvent() }, ...writes.slice(0, 1)], noon)
      expect(await taken).toEqual({ ok: false, lost: { index: 1, reason: 'email_taken' } })
      const spend = { kind: 'consumeChallenge', challengeId: challenge.id } as const
      const results = await Promise.all(Array.from({ length: 20 }, () => storage.commit([spend], noon)))
      expect(results.filter(({ ok }) => ok)).toHaveLength(1)
      const budget = { kind: 'budget', key: aKey(), limit: 3, windowMs: 60_000 } as const
      const charges = await Promise.all(Array.from({ length: 20 }, () => storage.charge([budget], noon)))
      expect(charges.filter(({ ok }) => ok)).toHaveLength(3)
      await storage.close()
      expect((await pool.query<{ one: number }>('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
    }
  })

  it('holds nothing back in an application’s test that holds back all timers', async () => {
    const subject = await createProxiedPostgres()
    cleanUps.push(() => subject.cleanUp())
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    for (let count = 0; count < 3; count++) {
      const [first, second] = [anEvent(), anEvent()]
      const commits = [first, second].map((event) => subject.storage.commit([{ kind: 'appendEvent', event }], noon))
      expect(await Promise.all(commits)).toEqual([
        { ok: true, changed: [1] },
        { ok: true, changed: [1] },
      ])
      expect(await subject.storage.hasEvent(first.id)).toBe(true)
    }
  })

  it('prepares again what somebody deallocated', async () => {
    const database = await createPostgresDatabase()
    cleanUps.push(() => database.drop())
    const pool = new pg.Pool({ connectionString: database.url, max: 1 })
    pool.on('error', () => undefined)
    cleanUps.push(() => pool.end())
    const storage = await createPostgresStorage({ pool })
    await storage.migrate()
    for (let round = 0; round < 2; round++) {
      const [challenge, event] = [aChallenge(), anEvent()]
      const writes = [
        { kind: 'issueChallenge', challenge },
        { kind: 'appendEvent', event },
      ] as const
      expect(await storage.commit(writes, noon)).toEqual({ ok: true, changed: [1, 1] })
      expect(await storage.findChallenge(challenge.id)).toEqual(challenge)
      await pool.query('DEALLOCATE ALL')
    }
  })

  it('prepares again what a migration changed the columns of', async () => {
    const subject = await createProxiedPostgres({ maxConnections: 1 })
    cleanUps.push(() => subject.cleanUp())
    const { storage, database } = subject
    const challenge = aChallenge()
    await storage.commit([{ kind: 'issueChallenge', challenge }], noon)
    const { id: challengeId, purpose, handleDigest, bindingDigest } = challenge
    const attempt = { kind: 'attempt', challengeId, purposes: [purpose], handleDigest, bindingDigest } as const
    expect(await storage.charge([attempt], noon)).toMatchObject({ ok: true, challenge: { attempts: 1 } })
    expect(await storage.findChallenge(challengeId)).toMatchObject({ attempts: 1 })
    await database.query('ALTER TABLE latchkey_challenge ALTER COLUMN attempts TYPE BIGINT')
    expect(await storage.charge([attempt], noon)).toMatchObject({ ok: true, challenge: { attempts: 2 } })
    expect(await storage.findChallenge(challengeId)).toMatchObject({ attempts: 2 })
  })

  it('leaves no transaction open behind a guard that was lost', async () => {
    const subject = await createProxiedPostgres({ maxConnections: 1 })
    cleanUps.push(() => subject.cleanUp())
    const { storage } = subject
    const lost = { kind: 'consumeChallenge', challengeId: aChallenge().id } as const
    for (let round = 0; round < 3; round++) {
      const event = anEvent()
      const running = Promise.all([
        storage.commit([lost, { kind: 'appendEvent', event: anEvent() }], noon),
        storage.commit([{ kind: 'appendEvent', event }], noon),
      ])
      const spent = { ok: false, lost: { index: 0, reason: 'challenge_spent' } }
      expect(await running).toEqual([spent, { ok: true, changed: [1] }])
      expect(await storage.hasEvent(event.id)).toBe(true)
    }
  })

  it('prepares again what a rolled back flight could not prepare', async () => {
    const subject = await createProxiedPostgres({ maxConnections: 1 })
    cleanUps.push(() => subject.cleanUp())
    const { storage } = subject
    // On this connection `appendEvent` is first parsed inside a transaction that has already failed.
    const lost = await storage.commit(
      [
        { kind: 'consumeChallenge', challengeId: aChallenge().id },
        { kind: 'appendEvent', event: anEvent() },
      ],
      noon,
    )
    expect(lost).toEqual({ ok: false, lost: { index: 0, reason: 'challenge_spent' } })
    expect(await storage.commit([{ kind: 'appendEvent', event: anEvent() }], noon)).toEqual({ ok: true, changed: [1] })
  })

  it('survives a server that ends a connection in the moment in which it stands', async () => {
    const { port, close } = await startServerThatGoesDown()
    cleanUps.push(close)
    const storage = await createPostgresStorage({ url: `postgres://app:app@127.0.0.1:${port}/app` })
    cleanUps.push(() => storage.close())
    await expect(storage.commit([{ kind: 'appendEvent', event: anEvent() }], noon)).rejects.toThrow(LatchkeyError)
    await expectFault(storage.findUser(aUser().id), 'storage_unavailable')
  })

  it('does not take a commit that the server was ended in for one that was not done', async () => {
    const subject = await createProxiedPostgres()
    cleanUps.push(() => subject.cleanUp())
    // A server that is told to stop while COMMIT waits for a replica has committed; here it is ended in COMMIT itself.
    await subject.database.query(
      `CREATE FUNCTION end_us() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
       CREATE CONSTRAINT TRIGGER end_us AFTER INSERT ON latchkey_budget DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW EXECUTE FUNCTION end_us()`,
    )
    const budget = () => ({ kind: 'budget', key: aKey(), limit: 3, windowMs: 60_000 }) as const
    const charges = [budget(), budget()]
    await expectFault(subject.storage.charge(charges, noon), 'outcome_unknown')
  })

  it('says that the schema is missing', async () => {
    const database = await createPostgresDatabase()
    cleanUps.push(() => database.drop())
    const storage = await createPostgresStorage({ url: database.url })
    cleanUps.push(() => storage.close())
    await expectFault(storage.findUser(aUser().id), 'schema_outdated')
    await expectFault(storage.commit([{ kind: 'appendEvent', event: anEvent() }], noon), 'schema_outdated')
  })

  it('names neither password nor URL when nobody answers', async () => {
    const storage = await createPostgresStorage({ url: 'postgres://app:s3cret@127.0.0.1:1/app' })
    cleanUps.push(() => storage.close())
    const error = await expectFault(storage.findUser(aUser().id), 'storage_unavailable')
    expect(textOf(error)).not.toContain('s3cret')
    expect(textOf(error)).toContain('ECONNREFUSED')
    await expect(createPostgresStorage({ url: 'app:s3cret@host' })).rejects.not.toThrow('s3cret')
  })

  it('ends a statement that takes too long', async () => {
    const subject = await createProxiedPostgres({ statementTimeoutMs: 300 })
    cleanUps.push(() => subject.cleanUp())
    await subject.database.query(
      `CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(5); RETURN NEW; END $$;
       CREATE TRIGGER slow BEFORE INSERT ON latchkey_event FOR EACH ROW EXECUTE FUNCTION slow()`,
    )
    const began = Date.now()
    const event = anEvent()
    await expectFault(subject.storage.commit([{ kind: 'appendEvent', event }], noon), 'storage_unavailable')
    expect(Date.now() - began).toBeLessThan(3_000)
    expect(await subject.storage.hasEvent(event.id)).toBe(false)
  })
})

/** Lets everybody in and ends the connection with the same packet, as a server that is told to stop does. */
async function startServerThatGoesDown(): Promise<{ readonly port: number; close(): Promise<void> }> {
  const message = (type: string, body: string): Buffer => {
    const bytes = Buffer.from(`${type}\0\0\0\0${body}`, 'latin1')
    bytes.writeInt32BE(bytes.length - 1, 1)
    return bytes
  }
  const goodbye = Buffer.concat([
    message('R', '\0\0\0\0'),
    message('Z', 'I'),
    message('E', 'SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0'),
  ])
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end(goodbye))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { port: address.port, close: async () => void server.close() }
}

/** Clients that can be asked a query and no more. */
function disguised(pool: PostgresPool): PostgresPool {
  const disguises = new Map<PostgresClient, PostgresClient>()
  return {
    async connect() {
      const client = await pool.connect()
      const disguise = disguises.get(client) ?? {
        query: (query) => client.query(query),
        on: (event, listener) => client.on(event, listener),
        release: (destroy) => client.release(destroy),
      }
      disguises.set(client, disguise)
      return disguise
    },
    query: (query) => pool.query(query),
    on: (event, listener) => pool.on(event, listener),
    end: () => pool.end(),
  }
}
