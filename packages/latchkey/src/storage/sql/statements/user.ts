import { credentialColumns, insertList, selectList, userColumns } from '../columns.ts'
import { guarded, overSet, rows, type Statement } from '../statement.ts'

export type UserStatement =
  | 'createUser'
  | 'updateProfile'
  | 'verifyEmail'
  | 'changeEmail'
  | 'blockUser'
  | 'unblockUser'
  | 'setRoles'
  | 'resealPersonKey'
  | 'raiseEpoch'
  | 'raiseEpochFrom'
  | 'deleteUser'
  | 'deleteChallengesOfUser'
  | 'deleteQueuedMessagesOfUser'
  | 'findUser'
  | 'findUserByEmail'
  | 'findSubject'
  | 'findSubjectByEmail'
  | 'findCredential'
  | 'listUsers'
  | 'listUsersByEmail'

const user = selectList(userColumns, 'u')
const subject = `SELECT ${user}, ${selectList(credentialColumns, 'c')} FROM {user} u LEFT JOIN {credential} c ON c.user_id = u.id`
const blockedIsOneOf = '(CASE WHEN u.blocked_at IS NULL THEN 0 ELSE 1 END) IN (:blocked_low, :blocked_high)'

export const userStatements: Readonly<Record<UserStatement, Statement>> = {
  createUser: guarded({
    sqlite: `INSERT INTO {user} ${insertList(userColumns)} ON CONFLICT DO NOTHING`,
    postgres: `INSERT INTO {user} ${insertList(userColumns)} ON CONFLICT DO NOTHING`,
    mysql: `INSERT INTO {user} ${insertList(userColumns)}`,
  }),
  updateProfile: guarded(`
    UPDATE {user}
    SET name = CASE WHEN :set_name = 1 THEN :name ELSE name END,
        locale = CASE WHEN :set_locale = 1 THEN :locale ELSE locale END,
        updated_at = :now
    WHERE id = :id`),
  verifyEmail: guarded(`
    UPDATE {user} SET email_verified_at = :now, updated_at = :now
    WHERE id = :id AND email = :email AND email_verified_at IS NULL`),
  // An address that another user has is refused by the constraint, and so told apart from a guard that finds no row.
  changeEmail: guarded(`
    UPDATE {user} SET email = :to, email_verified_at = :now, updated_at = :now WHERE id = :id AND email = :from`),
  blockUser: guarded(`
    UPDATE {user} SET blocked_at = :now, blocked_reason = :reason, epoch = epoch + 1, updated_at = :now
    WHERE id = :id AND blocked_at IS NULL`),
  unblockUser: guarded(`
    UPDATE {user} SET blocked_at = NULL, blocked_reason = NULL, updated_at = :now
    WHERE id = :id AND blocked_at IS NOT NULL`),
  setRoles: guarded(`UPDATE {user} SET roles = :roles, updated_at = :now WHERE id = :id`),
  resealPersonKey: guarded(`UPDATE {user} SET person_key = :to WHERE id = :id AND person_key = :from`),
  raiseEpoch: guarded(`UPDATE {user} SET epoch = epoch + 1, updated_at = :now WHERE id = :id`),
  raiseEpochFrom: guarded(`UPDATE {user} SET epoch = epoch + 1, updated_at = :now WHERE id = :id AND epoch = :from`),
  // Credentials, sessions and devices go with the row (ON DELETE CASCADE).
  deleteUser: guarded(`DELETE FROM {user} WHERE id = :id`),
  deleteChallengesOfUser: overSet(`DELETE FROM {challenge} WHERE user_id = :id`),
  deleteQueuedMessagesOfUser: overSet(`DELETE FROM {message} WHERE user_id = :id AND status = 'queued'`),

  findUser: rows(`SELECT ${user} FROM {user} u WHERE u.id = :id`),
  findUserByEmail: rows(`SELECT ${user} FROM {user} u WHERE u.email = :email`),
  findSubject: rows(`${subject} WHERE u.id = :id ORDER BY c.id`),
  findSubjectByEmail: rows(`${subject} WHERE u.email = :email ORDER BY c.id`),
  findCredential: rows(`
    SELECT ${user}, ${selectList(credentialColumns, 'c')}
    FROM {credential} k JOIN {user} u ON u.id = k.user_id JOIN {credential} c ON c.user_id = u.id
    WHERE k.method = :method AND k.identifier = :identifier ORDER BY c.id`),
  listUsers: rows(`
    SELECT ${user} FROM {user} u WHERE u.id < :before AND ${blockedIsOneOf} ORDER BY u.id DESC LIMIT :limit`),
  // A range over the unique index instead of LIKE: nothing to escape, and the same bytes decide on every database.
  listUsersByEmail: rows(`
    SELECT ${user} FROM {user} u
    WHERE u.email >= :email_from AND u.email < :email_below AND u.id < :before AND ${blockedIsOneOf}
    ORDER BY u.id DESC LIMIT :limit`),
}
