import { secondMs, type Clock } from '../platform/clock.ts'
import { LatchkeyError } from '../platform/errors.ts'
import type { AttachedLimits } from '../store/limit-store.ts'
import type { EngineStorage } from './options.ts'

export interface Readiness {
  readonly ok: boolean
  readonly checks: Readonly<Record<'database' | 'migrations' | 'clock' | 'feed', string>> & {
    /** Where a limit store is set. Whatever it says is no reason to leave: the database keeps the limits meanwhile. */
    readonly limits?: string
  }
}

/** Clocks of node and database may differ by this much (design rule 15). */
const maxClockSkewMs = 2 * secondMs

/** Sessions are checked at the database while the feed cannot be read, which is slower and nothing else; for so long it is no reason to leave. */
const maxFeedLagMs = 10 * secondMs

/** Whether requests can be served: database, migrations, clocks, and the feed that ends cached sessions. */
export async function checkReadiness({
  storage,
  clock,
  behindMs,
  limits,
}: {
  readonly storage: EngineStorage
  readonly clock: Clock
  /** How long the feed was not read. */
  behindMs(): number
  readonly limits: Pick<AttachedLimits, 'fallenBackMs'> | undefined
}): Promise<Readiness> {
  const checks = { database: 'ok', migrations: 'ok', clock: 'ok', feed: 'ok' }
  const lagMs = behindMs()
  if (lagMs > maxFeedLagMs) checks.feed = `not read for ${Math.floor(lagMs / secondMs)} s`
  try {
    const before = clock.now()
    const databaseNow = await storage.databaseNow()
    const skewMs = Math.max(before - databaseNow, databaseNow - clock.now(), 0)
    if (skewMs > maxClockSkewMs) checks.clock = `differs from the database's by ${skewMs} ms`
    const { pending, altered } = await storage.migrationStatus()
    if (pending.length > 0) checks.migrations = `${pending.length} pending`
    if (altered.length > 0) checks.migrations = `${altered.length} altered`
  } catch (error) {
    checks.database = error instanceof LatchkeyError ? error.code : 'unavailable'
  }
  const ok = Object.values(checks).every((check) => check === 'ok')
  if (limits === undefined) return { ok, checks }
  const fallenBackMs = limits.fallenBackMs()
  const kept = fallenBackMs === 0 ? 'ok' : `kept by the database for ${Math.ceil(fallenBackMs / secondMs)} s`
  return { ok, checks: { ...checks, limits: kept } }
}
