import { credentialColumns, insertList, selectList } from '../columns.ts'
import { guarded, overSet, rows, type Statement } from '../statement.ts'

export type CredentialStatement =
  | 'addCredential'
  | 'replaceCredentialSecret'
  | 'updateCredentialData'
  | 'advanceTotpStep'
  | 'bumpPasskeyCounter'
  | 'putCredential'
  | 'removeCredential'
  | 'removeCredentialsOfMethod'
  | 'listCredentialsOfMethod'

// Somebody else's credential under the same identifier is left alone.
const put = `
  INSERT INTO {credential} ${insertList(credentialColumns)}
  ON CONFLICT (method, identifier) DO UPDATE
  SET secret = excluded.secret, data = excluded.data, confirmed_at = excluded.confirmed_at, counter = excluded.counter,
      updated_at = :now
  WHERE {credential}.user_id = excluded.user_id`

export const credentialStatements: Readonly<Record<CredentialStatement, Statement>> = {
  addCredential: guarded({
    sqlite: `INSERT INTO {credential} ${insertList(credentialColumns)} ON CONFLICT DO NOTHING`,
    postgres: `INSERT INTO {credential} ${insertList(credentialColumns)} ON CONFLICT DO NOTHING`,
    mysql: `INSERT INTO {credential} ${insertList(credentialColumns)}`,
  }),
  replaceCredentialSecret: guarded(`
    UPDATE {credential} SET secret = :to, updated_at = :now WHERE id = :id AND secret = :from`),
  updateCredentialData: guarded(`
    UPDATE {credential} SET data = :to, updated_at = :now WHERE id = :id AND user_id = :user_id AND data = :from`),
  advanceTotpStep: guarded(`
    UPDATE {credential} SET counter = :step, last_used_at = :now WHERE id = :id AND counter < :step`),
  bumpPasskeyCounter: guarded(`
    UPDATE {credential} SET counter = :to, last_used_at = :now WHERE id = :id AND counter = :from`),
  putCredential: overSet({
    sqlite: put,
    postgres: put,
    mysql: `
      INSERT INTO {credential} ${insertList(credentialColumns)}
      ON DUPLICATE KEY UPDATE
        secret = IF(user_id = VALUES(user_id), VALUES(secret), secret),
        data = IF(user_id = VALUES(user_id), VALUES(data), data),
        confirmed_at = IF(user_id = VALUES(user_id), VALUES(confirmed_at), confirmed_at),
        counter = IF(user_id = VALUES(user_id), VALUES(counter), counter),
        updated_at = IF(user_id = VALUES(user_id), :now, updated_at)`,
  }),
  removeCredential: guarded(`DELETE FROM {credential} WHERE id = :id AND user_id = :user_id`),
  removeCredentialsOfMethod: overSet(`DELETE FROM {credential} WHERE user_id = :user_id AND method = :method`),
  listCredentialsOfMethod: rows(`
    SELECT ${selectList(credentialColumns, 'c')} FROM {credential} c
    WHERE c.method = :method AND c.identifier > :after ORDER BY c.identifier LIMIT :limit`),
}
