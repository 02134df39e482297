import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { toBase64Url } from '../../platform/bytes.ts'
import { redact, type Redacted } from '../../platform/redacted.ts'
import { systemRandom } from '../../platform/random.ts'
import type { Config } from './read-config.ts'

function fileOf({ directory, dataDir }: Pick<Config, 'directory' | 'dataDir'>): string {
  return join(resolve(directory, dataDir), 'development-secret')
}

/** The secret that a development server made for itself; `undefined` when there is none. */
export function readDevelopmentSecret(config: Pick<Config, 'directory' | 'dataDir'>): Redacted | undefined {
  const file = fileOf(config)
  return existsSync(file) ? redact(readFileSync(file, 'utf8').trim()) : undefined
}

/** Made once, so that sessions outlive a restart; readable by this user alone. Two processes that start at once get the same one. */
export function ensureDevelopmentSecret(config: Pick<Config, 'directory' | 'dataDir'>): Redacted {
  const known = readDevelopmentSecret(config)
  if (known !== undefined) return known
  mkdirSync(resolve(config.directory, config.dataDir), { recursive: true, mode: 0o700 })
  try {
    writeFileSync(fileOf(config), `${toBase64Url(systemRandom.bytes(32))}\n`, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  return readDevelopmentSecret(config) ?? redact('')
}
