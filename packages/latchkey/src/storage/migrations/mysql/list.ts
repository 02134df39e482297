import type { Migration } from '../migration.ts'
import { core } from './0001_core.ts'
import { credentialCounter } from './0002_credential_counter.ts'
import { sessionsOfUser } from './0003_sessions_of_user.ts'
import { fewerRowsRead } from './0004_fewer_rows_read.ts'

export const mysqlMigrations: readonly Migration[] = [core, credentialCounter, sessionsOfUser, fewerRowsRead]
