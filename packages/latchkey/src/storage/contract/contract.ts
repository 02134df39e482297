import type { Store } from '../../store/store.ts'
import type { Storage } from '../storage.ts'

/**
 * The test functions of vitest, jest or `node:test` (there `afterAll` is called `after`). Cases run one after another.
 * The third argument of `it` is the time that the case may take; runners without it ignore it.
 */
export interface TestFunctions {
  readonly describe: (name: string, define: () => void) => unknown
  readonly it: (name: string, run: () => Promise<void>, timeoutMs?: number) => unknown
  readonly afterAll: (run: () => Promise<void>) => unknown
}

/** An empty, migrated database and a storage on it. Storages may hang anything else on it that their capabilities need. */
export interface ContractDatabase {
  readonly storage: Storage
  /** Closes the storage and drops the database. */
  cleanUp(): Promise<void>
}

/** The same database, served by another process. Only its own `charge` and `commit` are used, so JSON over a pipe is enough. */
export interface ContractPeer extends Pick<Store, 'charge' | 'commit'> {
  /** SIGKILL or the like, with calls possibly under way; those may reject with anything. */
  kill(): Promise<void>
}

/** What a storage on a real database can be put through. A capability that is left out leaves out its cases. */
export interface ContractCapabilities<Database extends ContractDatabase> {
  /** Another storage, with connections of its own, on the same database. The suite closes it. */
  openAnother?(database: Database): Promise<Storage>
  /** Another process on the same database. The suite kills it. */
  startPeer?(database: Database): Promise<ContractPeer>
  /** Cuts every connection of `database.storage` from the database's side, whatever runs on it. The storage has to recover by itself. */
  cutConnections?(database: Database): Promise<void>
  /**
   * Arms a fault: the next `commit` on `database.storage` breaks before its statement number `statement` (1 is the first write; one
   * more than there are writes is the COMMIT itself), as if the process or the connection had died there. Never fires twice.
   */
  breakCommit?(database: Database, statement: number): Promise<void>
}

export interface StorageUnderTest<Database extends ContractDatabase = ContractDatabase> {
  readonly name: string
  /** Called once for each group of cases. */
  createStorage(): Promise<Database>
  readonly capabilities?: ContractCapabilities<Database>
  /** How often races are repeated; default 3. Pass the environment variable `LATCHKEY_TEST_ROUNDS` on here. */
  readonly rounds?: number
}
