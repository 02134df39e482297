import type { Session } from '../../session/session.ts'
import { takenReasons, type LostReason } from '../../store/lost-reasons.ts'
import type { Write } from '../../store/writes.ts'
import type { User } from '../../user/user.ts'
import { removeExpired } from './retention.ts'
import type { Tables } from './tables.ts'

/**
 * Does one write, guard included, and returns how many rows it touched; a guarded write that touched none has lost, and one whose loss
 * has a name of its own returns that. Without a case for each kind of write this file does not compile.
 */
export function applyWrite(tables: Tables, write: Write, now: number): number | LostReason {
  const { users, credentials, challenges, sessions, devices, signingKeys, budgets, messages, events, seals } = tables
  switch (write.kind) {
    case 'createUser':
      return users.all(({ email }) => email === write.user.email).length > 0 ? 0 : users.add(write.user)
    case 'updateProfile':
      return users.change(users.one(write.userId), ({ name, locale }) => ({
        name: write.name === undefined ? name : write.name,
        locale: write.locale === undefined ? locale : write.locale,
        updatedAt: now,
      }))
    case 'verifyEmail': {
      const unproved = ({ email, emailVerifiedAt }: User): boolean => email === write.email && emailVerifiedAt === null
      return users.change(users.one(write.userId, unproved), () => ({ emailVerifiedAt: now, updatedAt: now }))
    }
    case 'changeEmail': {
      const found = users.one(write.userId, ({ email }) => email === write.from)
      const others = users.all(({ id, email }) => email === write.to && id !== write.userId)
      if (found.length > 0 && others.length > 0) return takenReasons.changeEmail ?? 0
      return users.change(found, () => ({ email: write.to, emailVerifiedAt: now, updatedAt: now }))
    }
    case 'blockUser': {
      const fields = { blockedAt: now, blockedReason: write.reason, updatedAt: now }
      const free = users.one(write.userId, ({ blockedAt }) => blockedAt === null)
      return users.change(free, ({ epoch }) => ({ ...fields, epoch: epoch + 1 }))
    }
    case 'unblockUser': {
      const fields = { blockedAt: null, blockedReason: null, updatedAt: now }
      return users.change(
        users.one(write.userId, ({ blockedAt }) => blockedAt !== null),
        () => fields,
      )
    }
    case 'setRoles':
      return users.change(users.one(write.userId), () => ({ roles: write.roles, updatedAt: now }))
    case 'resealPersonKey':
      return users.change(
        users.one(write.userId, ({ personKey }) => personKey === write.from),
        () => ({ personKey: write.to }),
      )
    case 'raiseEpoch': {
      const found = users.one(write.userId, ({ epoch }) => write.from === undefined || epoch === write.from)
      for (const user of found) {
        if (write.keepSessionId === undefined) continue
        const kept = sessions.one(write.keepSessionId, (session) => isLive(session, now) && isOf(session, user))
        sessions.change(kept, () => ({ epoch: user.epoch + 1 }))
      }
      return users.change(found, ({ epoch }) => ({ epoch: epoch + 1, updatedAt: now }))
    }
    case 'deleteUser': {
      const owned = ({ userId }: { readonly userId: string | null }): boolean => userId === write.userId
      credentials.remove(credentials.all(owned))
      sessions.remove(sessions.all(owned))
      devices.remove(devices.all(owned))
      challenges.remove(challenges.all(owned))
      messages.remove(messages.all((message) => owned(message) && message.status === 'queued'))
      return users.remove(users.one(write.userId))
    }

    case 'addCredential': {
      const { method, identifier } = write.credential
      const taken = credentials.all((row) => row.method === method && row.identifier === identifier)
      return taken.length > 0 ? 0 : credentials.add(write.credential)
    }
    case 'replaceCredentialSecret':
      return credentials.change(
        credentials.one(write.credentialId, ({ secret }) => secret === write.from),
        () => ({ secret: write.to, updatedAt: now }),
      )
    case 'updateCredentialData':
      return credentials.change(
        credentials.one(write.credentialId, ({ userId, data }) => userId === write.userId && data === write.from),
        () => ({ data: write.to, updatedAt: now }),
      )
    case 'advanceTotpStep':
      return credentials.change(
        credentials.one(write.credentialId, ({ counter }) => counter < write.step),
        () => ({ counter: write.step, lastUsedAt: now }),
      )
    case 'bumpPasskeyCounter':
      return credentials.change(
        credentials.one(write.credentialId, ({ counter }) => counter === write.from),
        () => ({ counter: write.to, lastUsedAt: now }),
      )
    case 'putCredential': {
      const { method, identifier, secret, data, confirmedAt, counter } = write.credential
      const taken = credentials.all((row) => row.method === method && row.identifier === identifier)
      if (taken.length === 0) return credentials.add(write.credential)
      // Somebody else's credential under the same identifier is left alone.
      const own = taken.filter(({ userId }) => userId === write.credential.userId)
      return credentials.change(own, () => ({ secret, data, confirmedAt, counter, updatedAt: now }))
    }
    case 'removeCredential':
      return credentials.remove(credentials.one(write.credentialId, ({ userId }) => userId === write.userId))
    case 'removeCredentials':
      return credentials.remove(
        credentials.all(({ userId, method }) => userId === write.userId && write.methods.includes(method)),
      )

    case 'issueChallenge':
      return challenges.add(write.challenge)
    case 'consumeChallenge':
      return challenges.change(
        challenges.one(write.challengeId, ({ consumedAt, expiresAt }) => consumedAt === null && expiresAt > now),
        ({ version }) => ({ consumedAt: now, version: version + 1 }),
      )
    case 'advanceChallenge': {
      const { userId, codeDigest, codeExpiresAt, data } = write
      const waiting = challenges.one(
        write.challengeId,
        ({ consumedAt, expiresAt, version }) => consumedAt === null && expiresAt > now && version === write.version,
      )
      return challenges.change(waiting, ({ sends, version }) => {
        return { userId, codeDigest, codeExpiresAt, data, sends: write.sent ? sends + 1 : sends, version: version + 1 }
      })
    }
    case 'cancelChallenges': {
      const waiting = challenges.all(
        ({ userId, purpose, createdAt, consumedAt }) =>
          userId === write.userId &&
          write.purposes.includes(purpose) &&
          createdAt >= (write.issuedSinceAt ?? 0) &&
          consumedAt === null,
      )
      return challenges.change(waiting, ({ version }) => ({ consumedAt: now, version: version + 1 }))
    }

    case 'openSession': {
      const welcome = users.one(write.session.userId, (user) => user.blockedAt === null && isOf(write.session, user))
      return welcome.length === 0 ? 0 : sessions.add(write.session)
    }
    case 'trimSessions': {
      const live = sessions.all((session) => session.userId === write.userId && isLive(session, now))
      const oldest = live.slice(0, Math.max(0, live.length - write.keep))
      for (const session of oldest) appendChange(tables, session, now)
      return revoke(tables, oldest, 'too_many_sessions', now)
    }
    case 'rotateRefresh': {
      const { nextTurnDigest, salt } = write
      const presented = { mode: 'token', familyDigest: write.familyDigest, turnDigest: write.turnDigest }
      const turning = sessions.one(write.sessionId, (session) => {
        const [user] = users.one(
          session.userId,
          ({ blockedAt, epoch }) => blockedAt === null && epoch === session.epoch,
        )
        const isIdle = session.lastSeenAt <= write.idleAfter
        return has(session, presented) && isLive(session, now) && !isIdle && user !== undefined
      })
      return sessions.change(turning, ({ turnDigest, lastSeenAt }) => ({
        previousTurnDigest: turnDigest,
        turnDigest: nextTurnDigest,
        turnSalt: salt,
        turnedAt: now,
        lastSeenAt: Math.max(lastSeenAt, now),
      }))
    }
    case 'renewSession': {
      const { from, digests, aal, amr, authenticatedAt } = write
      const renewing = sessions.one(write.sessionId, (session) => {
        const [user] = users.one(session.userId, ({ blockedAt }) => blockedAt === null)
        const isCurrent = has(session, { mode: digests.mode, [currentDigest(session)]: from })
        return isCurrent && isLive(session, now) && user !== undefined && isOf(session, user)
      })
      for (const session of renewing) appendChange(tables, session, now)
      return sessions.change(renewing, () => ({ ...digests, aal, amr, authenticatedAt }))
    }
    case 'revokeSession': {
      const { userId } = write
      const standing = sessions.one(write.sessionId, (session) => has(session, { userId, revokedAt: null }))
      return revoke(tables, standing, write.reason, now)
    }
    case 'revokeSessions': {
      const others = sessions.all(({ id, userId }) => userId === write.userId && id !== write.exceptSessionId)
      return revoke(
        tables,
        others.filter((session) => isLive(session, now)),
        write.reason,
        now,
      )
    }
    case 'touchSessions': {
      let touched = 0
      for (const { sessionId, at } of write.seen) {
        const seenBefore = sessions.one(sessionId, ({ lastSeenAt }) => lastSeenAt < at)
        touched += sessions.change(seenBefore, () => ({ lastSeenAt: at }))
      }
      return touched
    }

    case 'rememberDevice':
      return devices.add(write.device)
    case 'forgetDevices': {
      const { userId, deviceId } = write
      const named = deviceId === null ? devices.all() : devices.one(deviceId)
      return devices.remove(named.filter((device) => device.userId === userId))
    }

    case 'addSigningKey':
      return isStateTaken(tables, write.key.state) ? 0 : signingKeys.add(write.key)
    case 'resealSigningKey':
      return signingKeys.change(
        signingKeys.one(write.kid, ({ privateKey }) => privateKey === write.from),
        () => ({ privateKey: write.to }),
      )
    case 'moveSigningKey': {
      const { from, to } = write
      const found = isStateTaken(tables, to) ? [] : signingKeys.one(write.kid, ({ state }) => state === from)
      return signingKeys.change(found, () => (to === 'previous' ? { state: to, retiredAt: now } : { state: to }))
    }

    case 'refundBudget':
      return budgets.refund(write.key, write.at)

    case 'enqueueMessage':
      return messages.add(write.message)
    case 'leaseMessage': {
      const { leaseToken, until } = write
      const due = messages.one(
        write.messageId,
        ({ status, nextAttemptAt }) => status === 'queued' && nextAttemptAt <= now,
      )
      return messages.change(due, ({ attempts }) => ({ leaseToken, nextAttemptAt: until, attempts: attempts + 1 }))
    }
    case 'settleMessage': {
      const { status, nextAttemptAt, error } = write
      const fields = { status, nextAttemptAt, leaseToken: null, lastError: error }
      const leased = messages.one(write.messageId, (message) => {
        return has(message, { status: 'queued', leaseToken: write.leaseToken })
      })
      return messages.change(leased, () => (status === 'queued' ? fields : { ...fields, data: '', settledAt: now }))
    }
    case 'retryMessage': {
      const idle = messages.one(write.messageId, ({ status, notAfter, leaseToken, nextAttemptAt }) => {
        return status === 'queued' && notAfter > now && (leaseToken === null || nextAttemptAt <= now)
      })
      return messages.change(idle, () => ({ nextAttemptAt: now }))
    }

    case 'appendEvent':
      return events.add(write.event)
    case 'appendSeal':
      return seals.one(write.seal.sequence).length > 0 ? 0 : seals.add(write.seal)
    case 'appendChange': {
      const { userId, sessionId } = write
      return tables.changes.add({ sequence: tables.nextSequence(), userId, sessionId, at: now })
    }
    case 'removeExpired':
      return removeExpired(tables, write)
    default:
      return write satisfies never
  }
}

/** Plain equality of some fields, as a WHERE has it. */
function has<Row extends object>(row: Row, expected: Partial<Record<keyof Row, unknown>>): boolean {
  return Object.entries(expected).every(([field, value]) => Reflect.get(row, field) === value)
}

function currentDigest({ mode }: Session): 'secretDigest' | 'turnDigest' {
  return mode === 'cookie' ? 'secretDigest' : 'turnDigest'
}

function isLive({ revokedAt, expiresAt }: Session, now: number): boolean {
  return revokedAt === null && expiresAt > now
}

function isOf(session: Session, user: User): boolean {
  return session.userId === user.id && session.epoch === user.epoch
}

function appendChange(tables: Tables, { id: sessionId, userId }: Session, now: number): void {
  tables.changes.add({ sequence: tables.nextSequence(), userId, sessionId, at: now })
}

function revoke({ sessions }: Tables, rows: readonly Session[], reason: Session['revokedReason'], now: number): number {
  return sessions.change(rows, () => ({ revokedAt: now, revokedReason: reason }))
}

function isStateTaken({ signingKeys }: Tables, wanted: string): boolean {
  return wanted !== 'previous' && signingKeys.all(({ state }) => state === wanted).length > 0
}
