import type { Migration } from '../migration.ts'
import { core } from './0001_core.ts'
import { credentialCounter } from './0002_credential_counter.ts'
import { fewerPages } from './0003_fewer_pages.ts'
import { sessionsOfUser } from './0004_sessions_of_user.ts'
import { fewerRowsRead } from './0005_fewer_rows_read.ts'

export const sqliteMigrations: readonly Migration[] = [
  core,
  credentialCounter,
  fewerPages,
  sessionsOfUser,
  fewerRowsRead,
]
