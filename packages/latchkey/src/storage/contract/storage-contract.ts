import { attemptCases } from './attempts.ts'
import { auditCases } from './audit.ts'
import { budgetCases } from './budgets.ts'
import { challengeCases } from './challenges.ts'
import { changeCases } from './changes.ts'
import { chargeRaceCases } from './charge-races.ts'
import { commitCases } from './commits.ts'
import type { ContractDatabase, StorageUnderTest, TestFunctions } from './contract.ts'
import { counterCases } from './counters.ts'
import { credentialRaceCases } from './credential-races.ts'
import { credentialCases } from './credentials.ts'
import { deviceCases } from './devices.ts'
import { emailChangeCases } from './email-change.ts'
import { faultCases } from './faults.ts'
import { group, type Group } from './group.ts'
import { outboxCases } from './outbox.ts'
import { peerCases } from './peers.ts'
import { queryCases } from './queries.ts'
import { raceCases } from './races.ts'
import { refreshCases } from './refresh.ts'
import { renewCases } from './renew.ts'
import { retentionCases } from './retention.ts'
import { sharedRowCases } from './shared-rows.ts'
import { sessionCases } from './sessions.ts'
import { resealCases } from './reseal.ts'
import { signingKeyCases } from './signing-keys.ts'
import { userCases } from './users.ts'
import { valueCases } from './values.ts'

/**
 * Defines the cases that every storage has to pass: each write with its guard and its loss, each charge, exact values, races of fifty
 * callers, and, as far as the storage has the capabilities, several connections, several processes and faults. What a storage under
 * test cannot do by its nature is left out; nothing is skipped silently otherwise.
 *
 * @example
 * import { afterAll, describe, it } from 'vitest'
 * storageContract({ name: 'mine', createStorage }, { describe, it, afterAll })
 */
export function storageContract<Database extends ContractDatabase>(
  subject: StorageUnderTest<Database>,
  test: TestFunctions,
): void {
  const define = (name: string, cases: (group: Group<Database>) => void): void => group(test, subject, name, cases)
  test.describe(`storage contract: ${subject.name}`, () => {
    define('users', userCases)
    define('change of address', emailChangeCases)
    define('credentials', credentialCases)
    define('counters', counterCases)
    define('challenges', challengeCases)
    define('attempts', attemptCases)
    define('sessions', sessionCases)
    define('refresh', refreshCases)
    define('renewal', renewCases)
    define('devices', deviceCases)
    define('signing keys', signingKeyCases)
    define('resealing', resealCases)
    define('budgets', budgetCases)
    define('outbox', outboxCases)
    define('audit', auditCases)
    define('changes', changeCases)
    define('retention', retentionCases)
    define('queries', queryCases)
    define('values', valueCases)
    define('commits', commitCases)
    define('races', (races) => {
      raceCases(races)
      credentialRaceCases(races)
    })
    define('shared rows', sharedRowCases)
    define('charge races', chargeRaceCases)
    const { startPeer, breakCommit, cutConnections, openAnother } = subject.capabilities ?? {}
    if (startPeer) define('processes', peerCases)
    if (breakCommit ?? cutConnections ?? openAnother) define('faults', faultCases)
  })
}
