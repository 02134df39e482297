import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { createSmtpTransport } from '../courier/smtp-transport.ts'
import { hashArgon2id } from '../credential/hashing/argon2id.ts'
import { minuteMs, systemClock } from '../platform/clock.ts'
import { systemRandom } from '../platform/random.ts'
import { systemTimers } from '../platform/timers.ts'
import type { Config } from './config/read-config.ts'
import { smtpOptionsOf } from './config/auth-options.ts'
import { readDevelopmentSecret } from './config/development-secret.ts'
import { missingInProduction } from './config/insecure.ts'
import { sqliteFileOf } from './config/open-storage.ts'
import { failureOf } from './failure.ts'
import { countHangingOn, everyUser } from './hanging-on.ts'
import { withEngine, withStorage, type Engine } from './open-engine.ts'

export interface Finding {
  readonly name: string
  readonly status: 'ok' | 'warn' | 'fail'
  readonly message: string
}

type Verdict = readonly [Finding['status'], string]

/** Every check of `latchkey doctor`; one that throws has failed, and the others still run. */
export async function examine(
  config: Config,
  { offline, onCheck }: { readonly offline: boolean; readonly onCheck: (name: string) => void },
): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  const check = async (name: string, work: () => Verdict | Promise<Verdict>): Promise<void> => {
    onCheck(name)
    try {
      const [status, message] = await work()
      findings.push({ name, status, message })
    } catch (error) {
      findings.push({ name, status: 'fail', message: failureOf(error).message })
    }
  }
  await check('configuration', () => configuration(config))
  await check('secret', () => secret(config))
  await check('data folder', () => dataFolder(config))
  await check('database', () => database(config))
  await check('migrations', () => migrations(config))
  if (config.redisUrl !== null) await check('limits', () => limits(config.redisUrl ?? ''))
  for (const [name, work] of engineChecks) await check(name, () => withEngine(config, work))
  await check('mail', () => mail(config, offline))
  await check('password hashing', () => hashing(config))
  return findings
}

function configuration(config: Config): Verdict {
  const missing = missingInProduction(config)
  const from = config.file === null ? 'no configuration file' : config.file
  if (missing.length === 0) return ['ok', from]
  const isProduction = config.nodeEnvironment === 'production'
  return [isProduction ? 'fail' : 'warn', `${from}; production needs: ${missing.join(' · ')}`]
}

function secret(config: Config): Verdict {
  if (config.secret !== null) {
    const { length } = config.secret
    return ['ok', `${length === 1 ? 'one secret' : `${length} secrets`} from ${config.sources.secret}`]
  }
  return readDevelopmentSecret(config) === undefined
    ? ['warn', 'LATCHKEY_SECRET is not set; development makes one at its first start']
    : ['warn', 'the one that development made, in the data folder']
}

function dataFolder(config: Config): Verdict {
  const file = sqliteFileOf(config)
  const folder = resolve(config.directory, config.dataDir)
  if (file === undefined) return ['ok', 'not used, the database is a server']
  if (!existsSync(folder)) return ['ok', `${folder} will be made`]
  accessSync(folder, constants.R_OK | constants.W_OK)
  const mode = existsSync(file) ? statSync(file).mode & 0o077 : 0
  if (mode !== 0) return ['fail', `${file} can be read by other users of this machine: chmod 600`]
  return ['ok', folder]
}

function database(config: Config): Promise<Verdict> {
  return withStorage(config, async (storage) => {
    const before = systemClock.now()
    const now = await storage.databaseNow()
    const skewMs = Math.max(before - now, now - systemClock.now(), 0)
    if (skewMs > 2_000)
      return ['fail', `${storage.dialect} answers, but its clock differs by ${skewMs} ms: set one of them`]
    return ['ok', `${storage.dialect} answers in ${systemClock.now() - before} ms`]
  })
}

/** A warning at most: while Redis is away the database keeps the limits. */
async function limits(url: string): Promise<Verdict> {
  const { examineRedis } = await import('../storage/redis/examine-redis.ts')
  const found = await examineRedis(url, systemTimers).catch(String)
  if (typeof found === 'string') return ['warn', `Redis cannot be used, the database keeps the limits: ${found}`]
  const { version, forgets } = found
  if (forgets !== undefined)
    return ['warn', `Redis ${version} drops keys when it is full (maxmemory-policy ${forgets}): set noeviction`]
  return ['ok', `Redis ${version}`]
}

function migrations(config: Config): Promise<Verdict> {
  return withStorage(config, async (storage) => {
    const { applied, pending, unknown, altered } = await storage.migrationStatus()
    if (altered.length > 0) return ['fail', `applied under another text: ${altered.join(', ')}`]
    if (pending.length > 0) return ['fail', `pending: ${pending.join(', ')}; run latchkey migrate`]
    if (unknown.length > 0) return ['warn', `made by a newer version: ${unknown.join(', ')}`]
    return ['ok', `${applied.length} applied, none pending`]
  })
}

const engineChecks: readonly (readonly [string, (engine: Engine) => Promise<Verdict>])[] = [
  ['old secrets', oldSecrets],
  ['outbox', outbox],
  ['administrator', administrator],
  ['audit log', auditLog],
]

async function oldSecrets({ core }: Engine): Promise<Verdict> {
  const { personKeys, signingKeys, totpSecrets, providerTokens, recoveryCodes, queuedMessages } =
    await countHangingOn(core)
  const told = `${personKeys.old} person keys, ${signingKeys.old} signing keys, ${totpSecrets.old} secrets of authenticator apps, ${providerTokens.old} identities of other providers, ${queuedMessages.old} queued mails`
  const all = [personKeys, signingKeys, totpSecrets, providerTokens, queuedMessages]
  const unknown = all.reduce((sum, counts) => sum + counts.unknown, 0)
  if (unknown > 0)
    return [
      'fail',
      `${unknown} values are sealed under a secret that is not in LATCHKEY_SECRET: put it back behind the new one`,
    ]
  const old = all.reduce((sum, counts) => sum + counts.old, 0)
  if (old > 0) return ['warn', `${told} hang on an old secret; run latchkey keys rotate --secret`]
  // A digest cannot be made anew: nobody can repair it but the owner, with new codes.
  if (recoveryCodes.unknown > 0)
    return [
      'warn',
      `${recoveryCodes.unknown} recovery codes were issued under a secret that is gone: they open nothing`,
    ]
  return [
    'ok',
    core.keys.keyIds.length === 1
      ? 'none'
      : recoveryCodes.old > 0
        ? `nothing sealed hangs on them; ${recoveryCodes.old} recovery codes, sessions, devices and audit rows of their time still do`
        : 'nothing sealed hangs on them; sessions, devices and audit rows of their time still do',
  ]
}

async function outbox({ core, storage }: Engine): Promise<Verdict> {
  const { queuedMessages } = await storage.counts(core.clock.now())
  const { items } = await storage.listMessages({ limit: 1, status: 'queued' })
  const error = items[0]?.lastError
  const waiting = queuedMessages === 1 ? '1 mail waits' : `${queuedMessages} mails wait`
  return error === null || error === undefined
    ? ['ok', waiting]
    : ['warn', `${waiting}; the mail server said: ${error}`]
}

async function administrator({ core }: Engine): Promise<Verdict> {
  for await (const { roles, blockedAt } of everyUser(core)) {
    if (roles.includes('admin') && blockedAt === null) return ['ok', 'there is one']
  }
  return ['warn', 'nobody has the role admin: latchkey user create <address> --admin']
}

async function auditLog({ core, storage }: Engine): Promise<Verdict> {
  const [youngest] = (await storage.listEvents({ limit: 1 })).items
  if (youngest === undefined) return ['ok', 'empty']
  const seal = await storage.lastSeal()
  const waitingMs = core.clock.now() - youngest.at
  if (seal === undefined || (seal.lastId < youngest.id && waitingMs > 3 * minuteMs)) {
    return ['warn', 'not sealed for minutes; a running server does it each second, latchkey audit verify too']
  }
  return ['ok', `sealed up to number ${seal.sequence}; latchkey audit verify reads it through`]
}

async function mail(config: Config, offline: boolean): Promise<Verdict> {
  const smtp = smtpOptionsOf(config)
  if (smtp === undefined) {
    return [config.nodeEnvironment === 'production' ? 'fail' : 'warn', 'SMTP_HOST is not set: no mail leaves']
  }
  if (offline) return ['ok', `${smtp.host}, not asked (--offline)`]
  const transport = createSmtpTransport({ ...smtp, timeoutMs: 10_000 })
  try {
    await transport.verify()
    return ['ok', `${smtp.host} lets us in`]
  } finally {
    await transport.close()
  }
}

async function hashing(config: Config): Promise<Verdict> {
  const parameters = { memoryKib: config.hashMemoryKib, passes: config.hashPasses, lanes: config.hashLanes }
  const password = systemRandom.bytes(16)
  await hashArgon2id(password, parameters, systemRandom)
  const startedAt = systemClock.now()
  await hashArgon2id(password, parameters, systemRandom)
  const ms = systemClock.now() - startedAt
  if (ms > 1_000) return ['warn', `one hash takes ${ms} ms; latchkey calibrate recommends parameters`]
  return ['ok', `one hash takes ${ms} ms`]
}
