import { existsSync } from 'node:fs'
import type { Core } from '../core/core.ts'
import { createAuth, type Auth, type ScopedAuth } from '../engine/create-auth.ts'
import type { UserRecord } from '../engine/records.ts'
import { resolveSecrets, resolveSettings } from '../engine/resolve-settings.ts'
import { systemClock } from '../platform/clock.ts'
import { LatchkeyError } from '../platform/errors.ts'
import { createIds } from '../platform/ids.ts'
import { systemRandom } from '../platform/random.ts'
import { reveal } from '../platform/redacted.ts'
import { createKeyRing } from '../secrets/key-ring.ts'
import type { Storage } from '../storage/storage.ts'
import { authOptionsOf } from './config/auth-options.ts'
import { readDevelopmentSecret } from './config/development-secret.ts'
import { openStorage, sqliteFileOf } from './config/open-storage.ts'
import type { Config } from './config/read-config.ts'

/** What commands work with: the same engine as the server's, without its background work. Mails that they queue leave with the server. */
export interface Engine {
  readonly storage: Storage
  readonly auth: Auth
  /** In the name of `cli`, for the audit log. */
  readonly acting: ScopedAuth
  readonly core: Core
}

/** @throws LatchkeyError `config_invalid`, `storage_unavailable`, `schema_outdated` */
export async function withEngine<Result>(config: Config, work: (engine: Engine) => Promise<Result>): Promise<Result> {
  const secret = secretsFor(config)
  return withStorage(config, async (storage) => {
    const { pending } = await storage.migrationStatus()
    if (pending.length > 0) {
      throw new LatchkeyError('schema_outdated', `Migrations are pending: ${pending.join(', ')}.`)
    }
    const options = {
      ...authOptionsOf(config),
      storage,
      secret,
      publicUrl: config.publicUrl ?? `http://localhost:${config.port}`,
      mail: { send: () => Promise.reject(new LatchkeyError('mail_failed')) },
      backgroundWork: false,
    }
    const auth = createAuth(options)
    const core: Core = {
      store: storage,
      clock: systemClock,
      random: systemRandom,
      ids: createIds(systemClock, systemRandom),
      keys: createKeyRing(resolveSecrets(secret), systemRandom),
      settings: resolveSettings(options),
    }
    try {
      return await work({ storage, auth, acting: auth.withContext({ actorId: 'cli' }), core })
    } finally {
      await auth.close()
    }
  })
}

/** An embedded database is made by `serve` and `migrate` alone: a command in the wrong folder should not leave an empty one there. */
export async function withStorage<Result>(
  config: Config,
  work: (storage: Storage) => Promise<Result>,
  { create = false }: { readonly create?: boolean } = {},
): Promise<Result> {
  const file = sqliteFileOf(config)
  if (!create && file !== undefined && !existsSync(file)) {
    throw new LatchkeyError('storage_unavailable', `There is no database at ${file}; latchkey migrate makes one.`, {
      saysWhatToDo: true,
    })
  }
  const storage = await openStorage(config)
  try {
    return await work(storage)
  } finally {
    await storage.close()
  }
}

/** The configured secrets; beside a development server the one that it made. */
export function secretsFor(config: Config): readonly string[] {
  const made = config.nodeEnvironment === 'production' ? undefined : readDevelopmentSecret(config)
  const secrets = config.secret ?? (made === undefined ? [] : [made])
  if (secrets.length > 0) return secrets.map(reveal)
  throw new LatchkeyError(
    'config_invalid',
    'LATCHKEY_SECRET is missing: set it as for the server, or run this in the folder of a development server.',
  )
}

/** By id or by address. */
export async function findUser({ auth }: Pick<Engine, 'auth'>, who: string): Promise<UserRecord | undefined> {
  return who.includes('@') ? auth.users.findByEmail(who) : auth.users.find(who)
}
