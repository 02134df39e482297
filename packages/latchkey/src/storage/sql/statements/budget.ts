import { guarded, overSet, rows, type Statement } from '../statement.ts'

export type BudgetStatement = 'chargeBudget' | 'makeBudget' | 'refundBudget' | 'healBudget' | 'findBudget'

// `stamps` holds the last charges in the order in which they were made, each as a comma and 13 digits. There is room while fewer than
// `:size` characters stand there, or when the charge that would fall out is older than the window (design rule 9). Order of making
// is what keeps the ceiling true when the clock steps back: real time has passed at least as far as the clock says.
const room = (stamps: string): string => `
  (length(${stamps}) < :size OR substr(${stamps}, length(${stamps}) - :size + 2, 13) <= :window_start)`

// Cuts `:entry` (14 characters) out, once.
const refund = (find: string, cut: string): string => `
  UPDATE {budget}
  SET charged_at = CASE WHEN length(stamps) = 14 THEN 0 ELSE charged_at END, stamps = ${cut}
  WHERE budget_key = :key AND ${find} > 0`

export const budgetStatements: Readonly<Record<BudgetStatement, Statement>> = {
  chargeBudget: guarded({
    sqlite: `
      INSERT INTO {budget} (budget_key, stamps, charged_at, looked_at) VALUES (:key, :entry, :now, :now)
      ON CONFLICT (budget_key) DO UPDATE SET stamps = substr(stamps || :entry, -:size), charged_at = :now
      WHERE ${room('stamps')}`,
    postgres: `
      INSERT INTO {budget} AS b (budget_key, stamps, charged_at, looked_at) VALUES (:key, :entry, :now, :now)
      ON CONFLICT (budget_key) DO UPDATE SET stamps = right(b.stamps || :entry, :size), charged_at = :now
      WHERE ${room('b.stamps')}`,
    // No WHERE behind ON DUPLICATE KEY UPDATE: `makeBudget` comes first where the row is not there yet.
    mysql: `
      UPDATE {budget} SET stamps = RIGHT(CONCAT(stamps, :entry), :size), charged_at = :now
      WHERE budget_key = :key AND ${room('stamps')}`,
  }),
  makeBudget: overSet({
    sqlite: `INSERT INTO {budget} (budget_key, stamps, charged_at) VALUES (:key, '', 0) ON CONFLICT DO NOTHING`,
    postgres: `INSERT INTO {budget} (budget_key, stamps, charged_at) VALUES (:key, '', 0) ON CONFLICT DO NOTHING`,
    // Not INSERT IGNORE: that takes a shared lock on the row that is there, and two of them wait for each other.
    mysql: `
      INSERT INTO {budget} (budget_key, stamps, charged_at) VALUES (:key, '', 0)
      ON DUPLICATE KEY UPDATE budget_key = budget_key`,
  }),
  refundBudget: overSet({
    sqlite: refund(
      'instr(stamps, :entry)',
      'substr(stamps, 1, instr(stamps, :entry) - 1) || substr(stamps, instr(stamps, :entry) + 14)',
    ),
    postgres: refund(
      'strpos(stamps, :entry)',
      'substr(stamps, 1, strpos(stamps, :entry) - 1) || substr(stamps, strpos(stamps, :entry) + 14)',
    ),
    mysql: refund('INSTR(stamps, :entry)', `INSERT(stamps, INSTR(stamps, :entry), 14, '')`),
  }),
  // After the clock was set back: charges that seem to lie in the future were made now at the latest.
  healBudget: overSet(
    `UPDATE {budget} SET stamps = :healed, charged_at = :now WHERE budget_key = :key AND stamps = :stamps`,
  ),
  findBudget: rows(`SELECT stamps FROM {budget} WHERE budget_key = :key`),
}
