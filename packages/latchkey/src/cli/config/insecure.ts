import { resolveArgon2Parameters } from '../../credential/hashing/argon2-parameters.ts'
import { LatchkeyError } from '../../platform/errors.ts'
import { reveal } from '../../platform/redacted.ts'
import type { ConfigValues } from './keys.ts'

export interface Surroundings {
  readonly development: boolean
  /** NODE_ENV. */
  readonly nodeEnvironment: string | undefined
}

const placeholders =
  /change.?me|change.?this|placeholder|example|replace|your.?secret|secretsecret|password|insecure|default|development|0123456789|12345678|abcdefgh/i

/** Values that can be read but must not be used, each named with what to do. Empty: nothing to say against them. */
export function insecureValues(
  values: ConfigValues,
  flags: readonly string[],
  { development, nodeEnvironment }: Surroundings,
): readonly string[] {
  const problems: string[] = []
  for (const [index, secret] of (values.secret ?? []).entries()) {
    const name = `LATCHKEY_SECRET${(values.secret?.length ?? 0) > 1 ? ` (number ${index + 1})` : ''}`
    const problem = weakness(reveal(secret))
    if (problem !== undefined) problems.push(`${name} ${problem}. Make one with: openssl rand -base64 32`)
  }
  if (values.metricsToken !== null) {
    const problem = weakness(reveal(values.metricsToken))
    if (problem !== undefined) problems.push(`LATCHKEY_METRICS_TOKEN ${problem}. Make one with: openssl rand -hex 32`)
  }
  const { publicUrl } = values
  if (publicUrl?.startsWith('http:') === true && !isLocal(publicUrl)) {
    problems.push(
      `LATCHKEY_PUBLIC_URL is ${publicUrl}: without TLS everybody on the way reads passwords and cookies. Use https (http only for localhost).`,
    )
  }
  for (const origin of values.allowedOrigins) {
    if (origin.startsWith('http:') && !isLocal(origin)) {
      problems.push(`LATCHKEY_ALLOWED_ORIGINS holds ${origin}: use https (http only for localhost).`)
    }
  }
  for (const [name, flag, variable] of [
    ['databaseUrl', '--database-url', 'LATCHKEY_DATABASE_URL'],
    ['databaseListenUrl', '--database-listen-url', 'LATCHKEY_DATABASE_LISTEN_URL'],
    ['redisUrl', '--redis-url', 'LATCHKEY_REDIS_URL'],
  ] as const) {
    if (flags.includes(name) && /^[a-z]+:\/\/[^@/]*:[^@/]+@/.test(values[name] ?? '')) {
      problems.push(`${flag} holds a password, which every user of this machine can read: use ${variable}.`)
    }
  }
  if (values.databaseListenUrl !== null && !/^postgres(ql)?:/.test(values.databaseListenUrl)) {
    problems.push(
      'LATCHKEY_DATABASE_LISTEN_URL must be the address of a PostgreSQL database, as LATCHKEY_DATABASE_URL.',
    )
  }
  if (values.sessionIdle > values.sessionAbsolute) {
    problems.push('LATCHKEY_SESSION_IDLE must not be longer than LATCHKEY_SESSION_ABSOLUTE.')
  }
  const hashing = hashingProblem(values)
  if (hashing !== undefined) problems.push(hashing)
  const rpId = passkeyProblem(values)
  if (rpId !== undefined) problems.push(rpId)
  if (development) problems.push(...unfitForDevelopment(values, nodeEnvironment))
  return problems
}

function hashingProblem(values: ConfigValues): string | undefined {
  const { hashMemoryKib: memoryKib, hashPasses: passes, hashLanes: lanes, hashUnsafeWeak: reason } = values
  try {
    resolveArgon2Parameters({
      parameters: { memoryKib, passes, lanes },
      ...(reason === null ? {} : { unsafeWeakParameters: { reason } }),
    })
    return undefined
  } catch (error) {
    if (!(error instanceof LatchkeyError)) throw error
    return `LATCHKEY_HASH_MEMORY_KIB, LATCHKEY_HASH_PASSES, LATCHKEY_HASH_LANES: ${error.message} latchkey calibrate recommends some.`
  }
}

/** The engine refuses the same, but only where the database is open already. */
function passkeyProblem({ passkeys, passkeyRpId, publicUrl }: ConfigValues): string | undefined {
  if (!passkeys || passkeyRpId === null) return undefined
  const host = publicUrl === null ? 'localhost' : new URL(publicUrl).hostname
  return passkeyRpId === host || (host.endsWith(`.${passkeyRpId}`) && passkeyRpId.includes('.'))
    ? undefined
    : `LATCHKEY_PASSKEY_RP_ID must be ${host}, the host of LATCHKEY_PUBLIC_URL, or a domain above it.`
}

/** Development shows every code and link, so it stays on this machine (design rule 16). */
function unfitForDevelopment(values: ConfigValues, nodeEnvironment: string | undefined): readonly string[] {
  const problems: string[] = []
  const start = '--dev shows every mail and code to whoever reaches it'
  if (nodeEnvironment === 'production') {
    problems.push(`--dev is refused with NODE_ENV=production: ${start}. Leave one of them out.`)
  }
  if (values.publicUrl !== null && !isLocal(values.publicUrl)) {
    problems.push(
      `--dev is refused with LATCHKEY_PUBLIC_URL=${values.publicUrl}: ${start}, so it only answers as localhost. Leave the variable out.`,
    )
  }
  if (values.host !== null && !['localhost', '127.0.0.1', '::1', '[::1]'].includes(values.host)) {
    problems.push(`--dev is refused with HOST=${values.host}: ${start}, so it stays on this machine. Leave HOST out.`)
  }
  if (typeof values.trustedProxies === 'number' ? values.trustedProxies > 0 : values.trustedProxies.length > 0) {
    problems.push('--dev is refused with LATCHKEY_TRUSTED_PROXIES: nothing may be forwarded to it. Leave it out.')
  }
  return problems
}

/** What production needs and has no default for. */
export function missingInProduction(values: ConfigValues): readonly string[] {
  const problems: string[] = []
  if (values.secret === null) problems.push('LATCHKEY_SECRET is missing. Make one with: openssl rand -base64 32')
  if (values.publicUrl === null) {
    problems.push('LATCHKEY_PUBLIC_URL is missing: the address that people type, e.g. https://auth.example.com')
  }
  if (values.smtpHost === null) {
    problems.push('SMTP_HOST is missing, without it no code and no link leaves. See SMTP_* in docs/configuration.md')
  } else if (values.smtpFrom === null) {
    problems.push('SMTP_FROM is missing: the sender, e.g. "Acme <auth@example.com>"')
  }
  return problems
}

function weakness(secret: string): string | undefined {
  if (secret.length < 32) return `has ${secret.length} characters; it needs 32 random ones or more`
  if (new Set(secret).size < 8) return 'repeats a few characters; it needs 32 random ones or more'
  return placeholders.test(secret) ? 'looks like a placeholder' : undefined
}

function isLocal(url: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(new URL(url).hostname)
}
