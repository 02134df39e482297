import { challengeColumns, insertList, selectList } from '../columns.ts'
import { guarded, overSet, rows, type SqlText, type Statement } from '../statement.ts'

export type ChallengeStatement =
  | 'issueChallenge'
  | 'consumeChallenge'
  | 'advanceChallenge'
  | 'cancelChallengesOfPurpose'
  | 'chargeAttempt'
  | 'findChallenge'
  | 'findLostAttempt'
  | 'listWaitingChallengesOfUser'
  | 'listWaitingChallengesEndingBy'

const waiting = 'consumed_at IS NULL AND expires_at > :now'

// `purposes` arrives as `,sign-in,sign-up,`: one text for any number of them, so the statement is prepared once.
const purposeIsAllowed = {
  sqlite: `instr(:purposes, ',' || purpose || ',') > 0`,
  postgres: `strpos(:purposes, ',' || purpose || ',') > 0`,
  mysql: `INSTR(:purposes, CONCAT(',', purpose, ',')) > 0`,
}
const isPresented = (dialect: keyof typeof purposeIsAllowed): string => `
  ${purposeIsAllowed[dialect]} AND handle_digest = :handle_digest
  AND (binding_digest IS NULL OR binding_digest = :binding_digest)`

function perDialect(text: (dialect: keyof typeof purposeIsAllowed) => string): SqlText {
  return { sqlite: text('sqlite'), postgres: text('postgres'), mysql: text('mysql') }
}

export const challengeStatements: Readonly<Record<ChallengeStatement, Statement>> = {
  issueChallenge: overSet(`INSERT INTO {challenge} ${insertList(challengeColumns)}`),
  consumeChallenge: guarded(`
    UPDATE {challenge} SET consumed_at = :now, version = version + 1 WHERE id = :id AND ${waiting}`),
  advanceChallenge: guarded(`
    UPDATE {challenge}
    SET user_id = :user_id, code_digest = :code_digest, code_expires_at = :code_expires_at, data = :data,
        sends = sends + :sent, version = version + 1
    WHERE id = :id AND version = :version AND ${waiting}`),
  cancelChallengesOfPurpose: overSet(`
    UPDATE {challenge} SET consumed_at = :now, version = version + 1
    WHERE user_id = :user_id AND purpose = :purpose AND created_at >= :issued_since_at AND consumed_at IS NULL`),
  // The whole judgement is in the guard: who knows only an id, or comes from another browser, burns nobody's attempts.
  chargeAttempt: guarded(
    perDialect(
      (dialect) => `
      UPDATE {challenge} SET attempts = attempts + 1
      WHERE id = :id AND ${waiting} AND attempts < max_attempts AND ${isPresented(dialect)}`,
    ),
  ),

  findChallenge: rows(`SELECT ${selectList(challengeColumns, 'c')} FROM {challenge} c WHERE c.id = :id`),
  listWaitingChallengesOfUser: rows(`
    SELECT ${selectList(challengeColumns, 'c')} FROM {challenge} c
    WHERE c.user_id = :user_id AND c.purpose = :purpose AND ${waiting} ORDER BY c.expires_at LIMIT :limit`),
  listWaitingChallengesEndingBy: rows(`
    SELECT ${selectList(challengeColumns, 'c')} FROM {challenge} c
    WHERE c.expires_at <= :ends_by AND c.purpose = :purpose AND ${waiting} ORDER BY c.expires_at LIMIT :limit`),
  findLostAttempt: rows(
    perDialect(
      (dialect) => `
      SELECT CASE WHEN ${isPresented(dialect)} THEN 1 ELSE 0 END,
             CASE WHEN consumed_at IS NULL THEN 0 ELSE 1 END,
             CASE WHEN expires_at > :now THEN 0 ELSE 1 END,
             CASE WHEN attempts < max_attempts THEN 0 ELSE 1 END
      FROM {challenge} WHERE id = :id`,
    ),
  ),
}
