import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { appendEvent } from '../audit/append-event.ts'
import type { Core } from '../core/core.ts'
import type { RequestContext } from '../core/request-context.ts'
import { minuteMs, secondMs } from '../platform/clock.ts'
import type { Write } from '../store/writes.ts'
import type { SigningKey, SigningKeyState } from './signing-key.ts'

export interface LoadedKey {
  readonly kid: string
  readonly state: SigningKeyState
  readonly publicKey: KeyObject
  readonly publicJwk: string
  /** Imported at first use: only the current key ever signs. */
  privateKey(): KeyObject
}

/**
 * The keys of access tokens: `next` is published a rotation ahead, `current` signs, `previous` verifies until its last token has expired.
 * Imported once and kept; read again each minute, or at once (at most each 5 s) when a token names an unknown key.
 */
export interface SigningKeys {
  current(): Promise<LoadedKey>
  find(kid: string): Promise<LoadedKey | undefined>
  /** The public keys as a JWK set (RFC 7517 section 5). */
  jwks(): Promise<{ readonly keys: readonly Readonly<Record<string, unknown>>[] }>
  /** next → current → previous, and a fresh `next`. `false`: another rotation was faster. */
  rotate(context: RequestContext, actorId: string): Promise<boolean>
}

type Ports = Pick<Core, 'store' | 'clock' | 'ids' | 'keys' | 'random'>

export function createSigningKeys(ports: Ports): SigningKeys {
  const { store, clock } = ports
  let loaded: readonly LoadedKey[] = []
  let loadedAt = Number.NEGATIVE_INFINITY
  let loading: Promise<void> | undefined

  const load = async (): Promise<void> => {
    let rows = await store.listSigningKeys()
    const missing = (['current', 'next'] as const).filter((state) => !rows.some((row) => row.state === state))
    if (missing.length > 0) {
      await store.commit(
        missing.map((state) => ({ kind: 'addSigningKey', key: generateSigningKey(ports, state) })),
        clock.now(),
      )
      // Two nodes may start at once: whoever lost reads what the other wrote.
      rows = await store.listSigningKeys()
    }
    const known = new Map(loaded.map((key) => [`${key.kid} ${key.state}`, key]))
    loaded = rows.map((row) => known.get(`${row.kid} ${row.state}`) ?? importKey(ports, row))
    loadedAt = clock.now()
  }
  const refresh = (olderThanMs: number): Promise<void> => {
    // A clock that steps back must not freeze the list.
    if (Math.abs(clock.now() - loadedAt) < olderThanMs) return Promise.resolve()
    loading ??= load().finally(() => {
      loading = undefined
    })
    return loading
  }

  return {
    async current() {
      await refresh(minuteMs)
      const key = loaded.find((candidate) => candidate.state === 'current')
      if (key === undefined) throw new TypeError('a signing key was added and is gone')
      return key
    },
    async find(kid) {
      await refresh(minuteMs)
      const byKid = (): LoadedKey | undefined => loaded.find((candidate) => candidate.kid === kid)
      if (byKid() === undefined) await refresh(5 * secondMs)
      return byKid()
    },
    async jwks() {
      await refresh(minuteMs)
      return { keys: loaded.map((key) => JSON.parse(key.publicJwk) as Record<string, unknown>) }
    },
    async rotate(context, actorId) {
      await refresh(0)
      const next = loaded.find((key) => key.state === 'next')
      const current = loaded.find((key) => key.state === 'current')
      const writes: Write[] = []
      if (current !== undefined)
        writes.push({ kind: 'moveSigningKey', kid: current.kid, from: 'current', to: 'previous' })
      if (next === undefined) writes.push({ kind: 'addSigningKey', key: generateSigningKey(ports, 'current') })
      else writes.push({ kind: 'moveSigningKey', kid: next.kid, from: 'next', to: 'current' })
      writes.push({ kind: 'addSigningKey', key: generateSigningKey(ports, 'next') })
      writes.push(
        appendEvent(ports, context, { kind: 'key.rotated', actorId, data: { retired: current?.kid ?? null } }),
      )
      const committed = await store.commit(writes, clock.now())
      loadedAt = Number.NEGATIVE_INFINITY
      return committed.ok
    },
  }
}

function generateSigningKey({ ids, clock, keys }: Ports, state: SigningKeyState): SigningKey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const kid = ids.next()
  return {
    kid,
    state,
    algorithm: 'ES256',
    publicJwk: JSON.stringify({ ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'ES256' }),
    privateKey: keys.seal(`signing-key/${kid}`, privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()),
    createdAt: clock.now(),
    retiredAt: null,
  }
}

function importKey({ keys }: Ports, row: SigningKey): LoadedKey {
  let imported: KeyObject | undefined
  return {
    kid: row.kid,
    state: row.state,
    publicJwk: row.publicJwk,
    publicKey: createPublicKey({ key: JSON.parse(row.publicJwk) as Record<string, string>, format: 'jwk' }),
    privateKey() {
      imported ??= createPrivateKey(keys.open(`signing-key/${row.kid}`, row.privateKey))
      return imported
    },
  }
}
