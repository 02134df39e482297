import type { SessionId } from '../session/session.ts'
import type { UserId } from '../user/user.ts'
import type { CommitResult, Store } from './store.ts'
import type { Write, WriteKind, WriteOf } from './writes.ts'

/** Which cached sessions a write makes wrong: every one of the user, or one. */
export type Touched =
  | { readonly userId: UserId; readonly sessionId: null }
  | { readonly userId: UserId | null; readonly sessionId: SessionId }

type Reach<Kind extends WriteKind> = ((write: WriteOf<Kind>) => Touched) | null

const ofUser = ({ userId }: { readonly userId: UserId }): Touched => ({ userId, sessionId: null })

/**
 * What a cache of sessions must forget after each kind of write; a kind that is added and not named here does not compile. `null`: a
 * session that was cached before the write may still be believed after it, since the write gives, or touches nothing of a session and its
 * user that a check looks at.
 */
const reaches: { readonly [Kind in WriteKind]: Reach<Kind> } = {
  createUser: null,
  updateProfile: ofUser,
  verifyEmail: ofUser,
  changeEmail: ofUser,
  blockUser: ofUser,
  unblockUser: null,
  setRoles: ofUser,
  resealPersonKey: null,
  raiseEpoch: ofUser,
  deleteUser: ofUser,
  addCredential: null,
  replaceCredentialSecret: null,
  updateCredentialData: null,
  advanceTotpStep: null,
  bumpPasskeyCounter: null,
  putCredential: null,
  removeCredential: ofUser,
  removeCredentials: ofUser,
  issueChallenge: null,
  consumeChallenge: null,
  advanceChallenge: null,
  cancelChallenges: null,
  openSession: null,
  trimSessions: ofUser,
  rotateRefresh: null,
  renewSession: ({ sessionId }) => ({ userId: null, sessionId }),
  revokeSession: ({ userId, sessionId }) => ({ userId, sessionId }),
  revokeSessions: ofUser,
  touchSessions: null,
  rememberDevice: null,
  forgetDevices: null,
  addSigningKey: null,
  moveSigningKey: null,
  resealSigningKey: null,
  refundBudget: null,
  enqueueMessage: null,
  leaseMessage: null,
  settleMessage: null,
  retryMessage: null,
  appendEvent: null,
  appendSeal: null,
  appendChange: touchedByChange,
  removeExpired: null,
}

/** What a row of the feed says. */
export function touchedByChange({ userId, sessionId }: Omit<WriteOf<'appendChange'>, 'kind'>): Touched {
  return sessionId === null ? { userId, sessionId } : { userId, sessionId }
}

/**
 * The writes, with an `appendChange` for each that takes something away and has none: nobody who writes a commit can forget the other
 * nodes. Those of `renewSession` and `trimSessions` are the storage's own, because only it knows whose, and which.
 */
export function withChanges(writes: readonly Write[]): readonly Write[] {
  const appended: WriteOf<'appendChange'>[] = writes.filter((write) => write.kind === 'appendChange')
  const given = appended.length
  for (const write of writes) {
    if (write.kind === 'renewSession' || write.kind === 'trimSessions') continue
    const touched = touchedBy(write)
    if (touched?.userId == null || appended.some((change) => covers(change, touched))) continue
    appended.push({ kind: 'appendChange', userId: touched.userId, sessionId: touched.sessionId })
  }
  return appended.length === given ? writes : [...writes, ...appended.slice(given)]
}

/** What a commit touched, as far as it was done. */
function touchedByAll(writes: readonly Write[], changed?: readonly number[]): readonly Touched[] {
  return writes.flatMap((write, index) => {
    const isIdle = write.kind === 'trimSessions' && changed?.[index] === 0
    const touched = isIdle ? undefined : touchedBy(write)
    return touched === undefined ? [] : [touched]
  })
}

function touchedBy<Kind extends WriteKind>(write: WriteOf<Kind>): Touched | undefined {
  const reach: Reach<Kind> = reaches[write.kind as Kind]
  return reach?.(write)
}

function covers(change: WriteOf<'appendChange'>, touched: Touched): boolean {
  return change.userId === touched.userId && (change.sessionId === null || change.sessionId === touched.sessionId)
}

/**
 * A `commit` that appends what belongs into the feed and tells this process what it touched, before it answers. Where nobody knows
 * whether it was done, it counts as done.
 */
export function announcingCommit(
  commit: Store['commit'],
  announce: (touched: readonly Touched[]) => void,
): Store['commit'] {
  return async (writes, now) => {
    const all = withChanges(writes)
    let result: CommitResult
    try {
      result = await commit(all, now)
    } catch (error) {
      announce(touchedByAll(all))
      throw error
    }
    if (!result.ok) return result
    announce(touchedByAll(all, result.changed))
    return all === writes ? result : { ok: true, changed: result.changed.slice(0, writes.length) }
  }
}
