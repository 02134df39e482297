import { selectList, signingKeyColumns } from '../columns.ts'
import { guarded, rows, type Statement } from '../statement.ts'

export type SigningKeyStatement = 'addSigningKey' | 'moveSigningKey' | 'resealSigningKey' | 'listSigningKeys'

// `state_slot` is unique: the state's name while only one key may be in it, the key's own id afterwards. So "one current key" is a
// constraint of the table, which no two rotations can get past together.
const names = [...signingKeyColumns.names, 'state_slot']
const insert = `INSERT INTO {signing_key} (${names.join(', ')}) VALUES (${names.map((name) => `:${name}`).join(', ')})`

export const signingKeyStatements: Readonly<Record<SigningKeyStatement, Statement>> = {
  addSigningKey: guarded({
    sqlite: `${insert} ON CONFLICT DO NOTHING`,
    postgres: `${insert} ON CONFLICT DO NOTHING`,
    mysql: insert,
  }),
  moveSigningKey: guarded(`
    UPDATE {signing_key}
    SET state = :to, state_slot = :state_slot, retired_at = CASE WHEN :to = 'previous' THEN :now ELSE retired_at END
    WHERE kid = :kid AND state = :from`),
  resealSigningKey: guarded(`UPDATE {signing_key} SET private_key = :to WHERE kid = :kid AND private_key = :from`),
  listSigningKeys: rows(`SELECT ${selectList(signingKeyColumns, 'k')} FROM {signing_key} k ORDER BY k.kid`),
}
