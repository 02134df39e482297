import type { Write } from '../../store/writes.ts'
import { eventParameters, messageParameters, sealParameters, signingKeyParameters } from './log-rows.ts'
import {
  challengeParameters,
  credentialParameters,
  deviceParameters,
  digestParameters,
  sessionParameters,
  userParameters,
} from './rows.ts'
import type { SqlParameters } from './statement.ts'
import type { StatementName } from './statements/statements.ts'

/** One statement of a commit. What it touches counts towards the write's `changed`, unless it only follows from the write. */
export interface Step {
  readonly statement: StatementName
  readonly values: SqlParameters
  readonly follows?: true
  /** Does nothing unless the step before it touched something, and is skipped then. PostgreSQL has both in one statement. */
  readonly ifTouched?: true
}

/**
 * The statements of a write, the guarded one first. The same on every dialect; the texts differ, this does not. Without a case for each
 * kind of write it does not compile.
 */
export function planWrite(write: Write, now: number): readonly Step[] {
  switch (write.kind) {
    case 'createUser':
      return [{ statement: 'createUser', values: userParameters(write.user) }]
    case 'updateProfile': {
      const { userId: id, name, locale } = write
      const named = { set_name: name === undefined ? 0 : 1, name: name ?? null }
      const localised = { set_locale: locale === undefined ? 0 : 1, locale: locale ?? null }
      return [{ statement: 'updateProfile', values: { id, ...named, ...localised, now } }]
    }
    case 'verifyEmail':
      return [{ statement: 'verifyEmail', values: { id: write.userId, email: write.email, now } }]
    case 'changeEmail':
      return [{ statement: 'changeEmail', values: { id: write.userId, from: write.from, to: write.to, now } }]
    case 'blockUser':
      return [{ statement: 'blockUser', values: { id: write.userId, reason: write.reason, now } }]
    case 'unblockUser':
      return [{ statement: 'unblockUser', values: { id: write.userId, now } }]
    case 'setRoles':
      return [{ statement: 'setRoles', values: { id: write.userId, roles: JSON.stringify(write.roles), now } }]
    case 'resealPersonKey':
      return [{ statement: 'resealPersonKey', values: { id: write.userId, from: write.from, to: write.to } }]
    case 'raiseEpoch': {
      const { userId: id, from, keepSessionId } = write
      const raise: Step =
        from === undefined
          ? { statement: 'raiseEpoch', values: { id, now } }
          : { statement: 'raiseEpochFrom', values: { id, from, now } }
      if (keepSessionId === undefined) return [raise]
      return [raise, { statement: 'carrySession', values: { id: keepSessionId, user_id: id, now }, follows: true }]
    }
    case 'deleteUser': {
      const values = { id: write.userId }
      return [
        { statement: 'deleteUser', values },
        { statement: 'deleteChallengesOfUser', values, follows: true },
        { statement: 'deleteQueuedMessagesOfUser', values, follows: true },
      ]
    }

    case 'addCredential':
      return [{ statement: 'addCredential', values: credentialParameters(write.credential) }]
    case 'replaceCredentialSecret': {
      const { credentialId: id, from, to } = write
      return [{ statement: 'replaceCredentialSecret', values: { id, from, to, now } }]
    }
    case 'updateCredentialData': {
      const { credentialId: id, userId, from, to } = write
      return [{ statement: 'updateCredentialData', values: { id, user_id: userId, from, to, now } }]
    }
    case 'advanceTotpStep':
      return [{ statement: 'advanceTotpStep', values: { id: write.credentialId, step: write.step, now } }]
    case 'bumpPasskeyCounter': {
      const { credentialId: id, from, to } = write
      return [{ statement: 'bumpPasskeyCounter', values: { id, from, to, now } }]
    }
    case 'putCredential':
      return [{ statement: 'putCredential', values: { ...credentialParameters(write.credential), now } }]
    case 'removeCredential':
      return [{ statement: 'removeCredential', values: { id: write.credentialId, user_id: write.userId } }]
    case 'removeCredentials':
      return inOrder(write.methods).map((method) => {
        return { statement: 'removeCredentialsOfMethod', values: { user_id: write.userId, method } }
      })

    case 'issueChallenge':
      return [{ statement: 'issueChallenge', values: challengeParameters(write.challenge) }]
    case 'consumeChallenge':
      return [{ statement: 'consumeChallenge', values: { id: write.challengeId, now } }]
    case 'advanceChallenge':
      return [
        {
          statement: 'advanceChallenge',
          values: {
            id: write.challengeId,
            version: write.version,
            user_id: write.userId,
            code_digest: write.codeDigest,
            code_expires_at: write.codeExpiresAt,
            sent: write.sent ? 1 : 0,
            data: write.data,
            now,
          },
        },
      ]
    case 'cancelChallenges':
      return inOrder(write.purposes).map((purpose) => {
        const values = { user_id: write.userId, purpose, issued_since_at: write.issuedSinceAt ?? 0, now }
        return { statement: 'cancelChallengesOfPurpose', values }
      })

    case 'openSession':
      return [{ statement: 'openSession', values: sessionParameters(write.session) }]
    case 'trimSessions':
      return [
        { statement: 'trimSessions', values: { user_id: write.userId, keep: write.keep, now } },
        {
          statement: 'appendChangesOfTrimmed',
          values: { user_id: write.userId, now },
          follows: true,
          ifTouched: true,
        },
      ]
    case 'rotateRefresh':
      return [
        {
          statement: 'rotateRefresh',
          values: {
            id: write.sessionId,
            family_digest: write.familyDigest,
            turn_digest: write.turnDigest,
            next_turn_digest: write.nextTurnDigest,
            salt: write.salt,
            idle_after: write.idleAfter,
            now,
          },
        },
      ]
    case 'renewSession': {
      const { sessionId: id, from, digests, aal, amr, authenticatedAt } = write
      const values = { id, from, aal, amr: JSON.stringify(amr), authenticated_at: authenticatedAt, now }
      return [
        { statement: 'renewSession', values: { ...values, ...digestParameters(digests) } },
        { statement: 'appendChangeOfSession', values: { session_id: id, now }, follows: true },
      ]
    }
    case 'revokeSession': {
      const { sessionId: id, userId, reason } = write
      return [{ statement: 'revokeSession', values: { id, user_id: userId, reason, now } }]
    }
    case 'revokeSessions': {
      const { userId, exceptSessionId, reason } = write
      return [
        { statement: 'revokeSessions', values: { user_id: userId, except_id: exceptSessionId ?? '', reason, now } },
      ]
    }
    case 'touchSessions':
      // By id, so that two nodes which touch the same sessions do not wait for each other.
      return write.seen
        .toSorted((a, b) => (a.sessionId < b.sessionId ? -1 : 1))
        .map(({ sessionId, at }) => ({ statement: 'touchSession', values: { id: sessionId, at } }))

    case 'rememberDevice':
      return [{ statement: 'rememberDevice', values: deviceParameters(write.device) }]
    case 'forgetDevices': {
      const { userId, deviceId } = write
      return deviceId === null
        ? [{ statement: 'forgetDevices', values: { user_id: userId } }]
        : [{ statement: 'forgetDevice', values: { user_id: userId, id: deviceId } }]
    }

    case 'addSigningKey': {
      const { kid, state } = write.key
      const values = { ...signingKeyParameters(write.key), state_slot: stateSlot(kid, state) }
      return [{ statement: 'addSigningKey', values }]
    }
    case 'resealSigningKey':
      return [{ statement: 'resealSigningKey', values: { kid: write.kid, from: write.from, to: write.to } }]
    case 'moveSigningKey': {
      const { kid, from, to } = write
      return [{ statement: 'moveSigningKey', values: { kid, from, to, state_slot: stateSlot(kid, to), now } }]
    }

    case 'refundBudget':
      return [{ statement: 'refundBudget', values: { key: write.key, entry: stampEntry(write.at) } }]

    case 'enqueueMessage':
      return [{ statement: 'enqueueMessage', values: messageParameters(write.message) }]
    case 'leaseMessage': {
      const { messageId: id, leaseToken, until } = write
      return [{ statement: 'leaseMessage', values: { id, lease_token: leaseToken, until, now } }]
    }
    case 'settleMessage': {
      const { messageId: id, leaseToken, status, nextAttemptAt, error } = write
      const values = { id, lease_token: leaseToken, status, next_attempt_at: nextAttemptAt, error, now }
      return [{ statement: 'settleMessage', values }]
    }
    case 'retryMessage':
      return [{ statement: 'retryMessage', values: { id: write.messageId, now } }]

    case 'appendEvent':
      return [{ statement: 'appendEvent', values: eventParameters(write.event) }]
    case 'appendSeal':
      return [{ statement: 'appendSeal', values: sealParameters(write.seal) }]
    case 'appendChange':
      return [{ statement: 'appendChange', values: { user_id: write.userId, session_id: write.sessionId, now } }]
    case 'removeExpired':
      return [{ statement: `remove_${write.what}`, values: { before: write.before, limit: write.limit } }]
    default:
      return write satisfies never
  }
}

/** A comma and 13 digits: no part of one entry can be taken for another. */
export function stampEntry(at: number): string {
  return `,${String(at).padStart(13, '0')}`
}

export const stampEntryLength = 14

function inOrder<Word extends string>(words: readonly Word[]): readonly Word[] {
  return [...new Set(words)].sort()
}

function stateSlot(kid: string, state: string): string {
  return state === 'previous' ? kid : state
}
