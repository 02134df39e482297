import type { Migration } from '../migration.ts'

export const credentialCounter: Migration = {
  name: '0002_credential_counter',
  statements: [`ALTER TABLE {credential} ADD COLUMN counter BIGINT NOT NULL DEFAULT 0`],
}
