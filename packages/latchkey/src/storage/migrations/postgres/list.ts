import type { Migration } from '../migration.ts'
import { core } from './0001_core.ts'
import { credentialCounter } from './0002_credential_counter.ts'
import { fewerIndexEntries } from './0003_fewer_index_entries.ts'
import { sessionsOfUser } from './0004_sessions_of_user.ts'
import { fewerRowsRead } from './0005_fewer_rows_read.ts'

export const postgresMigrations: readonly Migration[] = [
  core,
  credentialCounter,
  fewerIndexEntries,
  sessionsOfUser,
  fewerRowsRead,
]
