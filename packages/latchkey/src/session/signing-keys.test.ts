import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { noContext } from '../core/request-context.ts'
import { dayMs, minuteMs } from '../platform/clock.ts'
import { createMemoryStorage } from '../storage/memory/memory-storage.ts'
import { createSqliteStorage } from '../storage/sql/sqlite/sqlite-storage.ts'
import type { Storage } from '../storage/storage.ts'
import { createFakeClock } from '../testing/fake-clock.ts'
import { createTestAuth } from '../testing/test-auth.ts'
import { createTestCore, type TestCore } from '../testing/test-core.ts'
import { aTestSession, aTestUser, countingStore } from '../testing/test-session.ts'
import { createAccessTokens, type AccessTokens } from './access-token.ts'
import { createSigningKeys, type SigningKeys } from './signing-keys.ts'

const atTheEnd: (() => Promise<unknown>)[] = []

afterAll(async () => {
  for (const finish of atTheEnd.toReversed()) await finish()
})

async function aSqliteStorage(): Promise<Storage> {
  const directory = await mkdtemp(join(tmpdir(), 'latchkey-keys-'))
  const storage = await createSqliteStorage({ filename: join(directory, 'latchkey.db') })
  atTheEnd.push(
    () => rm(directory, { recursive: true }),
    () => storage.close(),
  )
  await storage.migrate()
  return storage
}

interface Node {
  readonly core: TestCore
  readonly signingKeys: SigningKeys
  readonly accessTokens: AccessTokens
}

function nodes(store: Storage): readonly [Node, Node] {
  const clock = createFakeClock()
  const node = (seed: number): Node => {
    const core = createTestCore({ store, clock, seed })
    const signingKeys = createSigningKeys(core)
    return { core, signingKeys, accessTokens: createAccessTokens({ ...core, signingKeys }) }
  }
  return [node(21), node(22)]
}

async function statesOf(store: Storage): Promise<readonly string[]> {
  const states = (await store.listSigningKeys()).map(({ state }) => state)
  return states.toSorted((a, b) => (a < b ? -1 : 1))
}

async function expectOneListAtStart(store: Storage): Promise<void> {
  const [one, other] = nodes(store)
  const currents = await Promise.all([one.signingKeys.current(), other.signingKeys.current()])
  expect(currents[0].kid).toBe(currents[1].kid)
  expect(await statesOf(store)).toEqual(['current', 'next'])
}

async function expectOneRotationAtATime(store: Storage): Promise<void> {
  const [one, other] = nodes(store)
  const { session } = await aTestSession(one.core, await aTestUser(one.core), 'token')
  const before = (await other.accessTokens.issue(session)).token
  const announced = (await store.listSigningKeys()).find(({ state }) => state === 'next')
  const rotated = await Promise.all([one, other, one, other].map((node) => node.signingKeys.rotate(noContext, 'cli')))
  const count = rotated.filter(Boolean).length
  expect(count).toBeGreaterThanOrEqual(1)
  expect(await statesOf(store)).toEqual(['current', 'next', ...Array.from({ length: count }, () => 'previous')])
  const events = await store.listEvents({ limit: 10, kind: 'key.rotated' })
  expect(events.items).toHaveLength(count)
  const used = (await store.listSigningKeys()).filter(({ state }) => state !== 'next').map(({ kid }) => kid)
  expect(used).toContain(announced?.kid)
  const after = (await one.accessTokens.issue(session)).token
  for (const token of [before, after]) {
    for (const node of [one, other]) expect(await node.accessTokens.verify(token)).toMatchObject({ ok: true })
  }
}

describe('two nodes', () => {
  it('that start at once agree on the first keys in memory', async () => {
    expect.hasAssertions()
    await expectOneListAtStart(createMemoryStorage())
  })

  it('that start at once agree on the first keys on SQLite', async () => {
    expect.hasAssertions()
    await expectOneListAtStart(await aSqliteStorage())
  })

  it('that rotate at once lose no key in memory', async () => {
    expect.hasAssertions()
    await expectOneRotationAtATime(createMemoryStorage())
  })

  it('that rotate at once lose no key on SQLite', async () => {
    expect.hasAssertions()
    await expectOneRotationAtATime(await aSqliteStorage())
  })

  it('know the key of a rotation before it signs, so that no token is ever of an unknown key', async () => {
    const store = createMemoryStorage()
    const [one, other] = nodes(store)
    const { session } = await aTestSession(one.core, await aTestUser(one.core), 'token')
    await other.accessTokens.issue(session)
    const { store: counted, calls } = countingStore(store)
    const reader = createSigningKeys({ ...other.core, store: counted })
    const verifier = createAccessTokens({ ...other.core, signingKeys: reader })
    await reader.jwks()
    calls.clear()
    await one.signingKeys.rotate(noContext, 'cli')
    const { token } = await one.accessTokens.issue(session)
    expect(await verifier.verify(token)).toMatchObject({ ok: true })
    expect(calls.size).toBe(0)
  })
})

describe('the published keys', () => {
  it('have the public members of RFC 7517 and nothing private', async () => {
    const test = createTestAuth()
    await test.auth.signingKeys.rotate(noContext, 'cli')
    const answer = await test.browser().get('/.well-known/jwks.json')
    expect(answer.headers.get('cache-control')).toBe('public, max-age=300')
    const { keys } = answer.body as { readonly keys: readonly Record<string, unknown>[] }
    expect(keys).toHaveLength(3)
    for (const key of keys) {
      expect(Object.keys(key).toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
        'alg',
        'crv',
        'kid',
        'kty',
        'use',
        'x',
        'y',
      ])
      expect(key).toMatchObject({ alg: 'ES256', crv: 'P-256', kty: 'EC', use: 'sig' })
    }
    expect(new Set(keys.map(({ kid }) => kid)).size).toBe(3)
  })

  it('are stored with the private part sealed, readable by the ring alone', async () => {
    const core = createTestCore()
    await createSigningKeys(core).current()
    const [row] = await core.store.listSigningKeys()
    expect(JSON.stringify(row)).not.toContain('PRIVATE KEY')
    expect(JSON.parse(row?.publicJwk ?? '{}')).not.toHaveProperty('d')
    const stranger = createTestCore({ secrets: ['another secret that is long enough too'], store: core.store })
    const key = await createSigningKeys(stranger).current()
    expect(() => key.privateKey()).toThrow(expect.objectContaining({ code: 'key_unknown' }))
  })
})

describe('the list of keys', () => {
  it('is read once a minute, also while the clock steps back, and once for many callers', async () => {
    const core = createTestCore()
    const { store, calls } = countingStore(core.store)
    const signingKeys = createSigningKeys({ ...core, store })
    await Promise.all(Array.from({ length: 50 }, () => signingKeys.current()))
    // One read finds nothing, the second finds what was added.
    expect(Object.fromEntries(calls)).toEqual({ listSigningKeys: 2, commit: 1 })
    calls.clear()
    core.clock.set(core.clock.now() + minuteMs - 1)
    await signingKeys.current()
    expect(calls.size).toBe(0)
    core.clock.set(core.clock.now() + 1)
    await signingKeys.current()
    core.clock.set(core.clock.now() - dayMs)
    await signingKeys.current()
    expect(Object.fromEntries(calls)).toEqual({ listSigningKeys: 2 })
  })

  it('mends itself when a key is missing that was deleted by hand', async () => {
    const core = createTestCore()
    await createSigningKeys(core).current()
    const [current] = (await core.store.listSigningKeys()).filter(({ state }) => state === 'current')
    // A fresh database that has only the next key: what is left when somebody deletes a current key that leaked.
    const rest = createTestCore({ seed: 2 })
    const [next] = (await core.store.listSigningKeys()).filter(({ state }) => state === 'next')
    if (next === undefined) throw new TypeError('there is a next key')
    await rest.store.commit([{ kind: 'addSigningKey', key: next }], rest.clock.now())
    const mended = await createSigningKeys(rest).current()
    expect(mended.kid).not.toBe(current?.kid)
    expect(await statesOf(rest.store)).toEqual(['current', 'next'])
  })

  it('comes back after a store that failed', async () => {
    const core = createTestCore()
    let isDown = true
    const signingKeys = createSigningKeys({
      ...core,
      store: {
        ...core.store,
        listSigningKeys: () => (isDown ? Promise.reject(new Error('down')) : core.store.listSigningKeys()),
      },
    })
    await expect(signingKeys.current()).rejects.toThrow('down')
    isDown = false
    expect((await signingKeys.current()).state).toBe('current')
  })
})
