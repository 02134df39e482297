import type { Migration } from '../migration.ts'
import { core } from './0001_core.ts'
import { credentialCounter } from './0002_credential_counter.ts'
import { sessionsOfUser } from './0003_sessions_of_user.ts'

export const mysqlMigrations: readonly Migration[] = [core, credentialCounter, sessionsOfUser]
