import type { ChangeSignals } from '../store/change-signals.ts'
import type { Store } from '../store/store.ts'

/** What a storage adds to the port: its own life. The engine sees only `Store`. */
export interface Storage extends Store {
  readonly dialect: 'memory' | 'sqlite' | 'postgres' | 'mysql'
  readonly changeSignals: ChangeSignals
  /** Applies the missing migrations under a lock; several nodes may call it at once. */
  migrate(progress?: (step: MigrationStep) => void): Promise<MigrationReport>
  migrationStatus(): Promise<MigrationStatus>
  close(): Promise<void>
}

export interface MigrationStep {
  readonly name: string
  readonly index: number
  readonly total: number
}

export interface MigrationReport {
  readonly applied: readonly string[]
}

export interface MigrationStatus {
  readonly applied: readonly string[]
  readonly pending: readonly string[]
  /** Applied migrations that this version does not know: the database is newer than the code. Additive ones are fine. */
  readonly unknown: readonly string[]
  /** Applied under another checksum than the checked-in text. */
  readonly altered: readonly string[]
}
