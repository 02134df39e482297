import { compileStatement, type CompiledStatement, type SqlDialect, type Statement } from '../statement.ts'
import { auditStatements, type AuditStatement } from './audit.ts'
import { budgetStatements, type BudgetStatement } from './budget.ts'
import { challengeStatements, type ChallengeStatement } from './challenge.ts'
import { credentialStatements, type CredentialStatement } from './credential.ts'
import { messageStatements, type MessageStatement } from './message.ts'
import { retentionStatements, type RetentionStatement } from './retention.ts'
import { sessionStatements, type SessionStatement } from './session.ts'
import { signingKeyStatements, type SigningKeyStatement } from './signing-key.ts'
import { userStatements, type UserStatement } from './user.ts'

/** Every statement that the SQL storages can run. */
export type StatementName =
  | UserStatement
  | CredentialStatement
  | ChallengeStatement
  | SessionStatement
  | SigningKeyStatement
  | BudgetStatement
  | MessageStatement
  | AuditStatement
  | RetentionStatement

export type CompiledStatements = Readonly<Record<StatementName, CompiledStatement>>

const statements: Readonly<Record<StatementName, Statement>> = {
  ...userStatements,
  ...credentialStatements,
  ...challengeStatements,
  ...sessionStatements,
  ...signingKeyStatements,
  ...budgetStatements,
  ...messageStatements,
  ...auditStatements,
  ...retentionStatements,
}

/** All texts of one dialect, made once when a storage is created. */
export function compileStatements(dialect: SqlDialect, tablePrefix: string): CompiledStatements {
  const compiled = Object.entries(statements).map(([name, statement]) => {
    return [name, compileStatement(statement, { name, dialect, tablePrefix })]
  })
  return Object.fromEntries(compiled) as CompiledStatements
}
