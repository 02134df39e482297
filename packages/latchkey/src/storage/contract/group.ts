import type { ContractDatabase, StorageUnderTest, TestFunctions } from './contract.ts'

/** What the cases of one group get: the test functions, with the group's own database handed to each case. */
export interface Group<Database extends ContractDatabase = ContractDatabase> {
  readonly describe: (name: string, define: () => void) => void
  readonly it: (name: string, run: (storage: Database['storage'], database: Database) => Promise<void>) => void
  readonly subject: StorageUnderTest<Database>
  /** How often a race is repeated. */
  readonly rounds: number
}

/** Long enough for the races on a slow database. */
const caseTimeoutMs = 60_000

/** A group of cases on a database of its own, made with the first case and dropped after the last. */
export function group<Database extends ContractDatabase>(
  { describe, it, afterAll }: TestFunctions,
  subject: StorageUnderTest<Database>,
  name: string,
  define: (group: Group<Database>) => void,
): void {
  describe(name, () => {
    let opened: Promise<Database> | undefined
    afterAll(async () => {
      const database = await opened?.catch(() => undefined)
      await database?.cleanUp()
    })
    define({
      describe,
      subject,
      rounds: subject.rounds ?? 3,
      it: (caseName, run) => {
        const runOnDatabase = async (): Promise<void> => {
          opened ??= subject.createStorage()
          const database = await opened
          await run(database.storage, database)
        }
        it(caseName, runOnDatabase, caseTimeoutMs)
      },
    })
  })
}
