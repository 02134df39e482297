import type { Storage } from '../storage.ts'
import type { ContractDatabase } from './contract.ts'
import type { Group } from './group.ts'

export type Connections = readonly [Storage, ...Storage[]]

/** Runs `work` on the database's storage and, where the subject can open one, on a second storage beside it. */
export async function withConnections<Database extends ContractDatabase>(
  { subject }: Pick<Group<Database>, 'subject'>,
  database: Database,
  work: (stores: Connections) => Promise<void>,
): Promise<void> {
  const another = await subject.capabilities?.openAnother?.(database)
  try {
    await work(another === undefined ? [database.storage] : [database.storage, another])
  } finally {
    await another?.close()
  }
}
