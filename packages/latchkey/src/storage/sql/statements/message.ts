import { insertList, messageColumns, selectList } from '../columns.ts'
import { guarded, overSet, rows, type Statement } from '../statement.ts'

export type MessageStatement =
  | 'enqueueMessage'
  | 'leaseMessage'
  | 'settleMessage'
  | 'retryMessage'
  | 'dueMessages'
  | 'listMessages'
  | 'listMessagesOfStatus'
  | 'findMessage'

const select = `SELECT ${selectList(messageColumns, 'm')} FROM {message} m`

export const messageStatements: Readonly<Record<MessageStatement, Statement>> = {
  enqueueMessage: overSet(`INSERT INTO {message} ${insertList(messageColumns)}`),
  leaseMessage: guarded(`
    UPDATE {message} SET lease_token = :lease_token, next_attempt_at = :until, attempts = attempts + 1
    WHERE id = :id AND status = 'queued' AND next_attempt_at <= :now`),
  settleMessage: guarded(`
    UPDATE {message}
    SET next_attempt_at = :next_attempt_at, last_error = :error, lease_token = NULL,
        data = CASE WHEN :status = 'queued' THEN data ELSE '' END,
        settled_at = CASE WHEN :status = 'queued' THEN settled_at ELSE :now END,
        status = :status
    WHERE id = :id AND status = 'queued' AND lease_token = :lease_token`),
  retryMessage: guarded(`
    UPDATE {message} SET next_attempt_at = :now
    WHERE id = :id AND status = 'queued' AND not_after > :now AND (lease_token IS NULL OR next_attempt_at <= :now)`),

  // In the order of the index: by id, all that are due would be read for each look, or all that were ever sent.
  dueMessages: rows(`
    ${select} WHERE m.status = 'queued' AND m.next_attempt_at <= :now ORDER BY m.next_attempt_at, m.id LIMIT :limit`),
  listMessages: rows(`${select} WHERE m.id < :before ORDER BY m.id DESC LIMIT :limit`),
  listMessagesOfStatus: rows(`${select} WHERE m.status = :status AND m.id < :before ORDER BY m.id DESC LIMIT :limit`),
  findMessage: rows(`${select} WHERE m.id = :id`),
}
