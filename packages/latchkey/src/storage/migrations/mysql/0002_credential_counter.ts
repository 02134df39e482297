import type { Migration } from '../migration.ts'

// One statement, so an interrupted migration finds the column there and goes on (`isDoneAlready`).
export const credentialCounter: Migration = {
  name: '0002_credential_counter',
  statements: [`ALTER TABLE {credential} ADD COLUMN counter BIGINT NOT NULL DEFAULT 0`],
}
