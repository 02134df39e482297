import type { Migration } from '../migration.ts'
import { core } from './0001_core.ts'

export const postgresMigrations: readonly Migration[] = [core]
