import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect } from 'vitest'
import { appendEvent } from '../packages/latchkey/src/audit/append-event.ts'
import type { SealAnchor } from '../packages/latchkey/src/audit/seal-chain.ts'
import { sealEvents } from '../packages/latchkey/src/audit/seal-events.ts'
import { verifyEvents, type AuditFinding } from '../packages/latchkey/src/audit/verify-events.ts'
import { noContext } from '../packages/latchkey/src/core/request-context.ts'
import { minuteMs } from '../packages/latchkey/src/platform/clock.ts'
import { createSqliteStorage } from '../packages/latchkey/src/storage/sql/sqlite/sqlite-storage.ts'
import { createTestCore, type TestCore, type TestCoreOptions } from '../packages/latchkey/src/testing/test-core.ts'

/** An audit log in a file, and somebody who has the file and everything but our secret. */
export interface AuditLog {
  readonly core: TestCore
  readonly intruder: Database.Database
  /** The same log under other secrets. */
  coreWith(options: TestCoreOptions): TestCore
  append(count: number): Promise<void>
  /** Three sealed ranges of ten, and two events that are too young. */
  fill(): Promise<readonly string[]>
  findings(anchor?: SealAnchor): Promise<readonly AuditFinding[]>
  /** Writes a copy of a row under another id, as the intruder has to. */
  copyRow(from: string | undefined, to: string): void
  close(): Promise<void>
}

export async function openAuditLog(): Promise<AuditLog> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-audit-'))
  const filename = join(folder, 'latchkey.db')
  const storage = await createSqliteStorage({ filename })
  await storage.migrate()
  const intruder = new Database(filename)
  const { clock } = createTestCore()
  // SQLite has the machine's clock, the tests have their own.
  const store = { ...storage, databaseNow: () => Promise.resolve(clock.now()) }
  const coreWith = (options: TestCoreOptions): TestCore => createTestCore({ clock, store, ...options })
  const core = coreWith({})

  const log: AuditLog = {
    core,
    intruder,
    coreWith,
    async append(count) {
      const events = Array.from({ length: count }, (_, index) =>
        appendEvent(core, noContext, { kind: 'login.failure', data: { reason: 'wrong_password', index } }),
      )
      await store.commit(events, clock.now())
    },
    async fill() {
      for (let range = 0; range < 3; range++) {
        await log.append(10)
        await clock.advance(2 * minuteMs)
        await sealEvents(core)
      }
      await log.append(2)
      return (await store.listEventRange({ after: null, through: null, limit: 100 })).map(({ id }) => id)
    },
    async findings(anchor) {
      const report = await verifyEvents(core, anchor === undefined ? {} : { anchor })
      expect(report.ok).toBe(report.findings.length === 0)
      expect(report.findingCount).toBe(report.findings.length)
      return report.findings
    },
    copyRow(from, to) {
      const row = intruder.prepare('SELECT * FROM latchkey_event WHERE id = ?').get(from) as Record<string, unknown>
      const columns = Object.keys(row)
      intruder
        .prepare(`INSERT INTO latchkey_event (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`)
        .run(...columns.map((column) => (column === 'id' ? to : row[column])))
    },
    async close() {
      intruder.close()
      await storage.close()
      await rm(folder, { recursive: true })
    },
  }
  return log
}
