import type { Write, WriteKind } from './writes.ts'

/** The order in which every storage applies the writes of one commit, so that two commits cannot wait for each other in a circle. */
const lockOrder: { readonly [Kind in WriteKind]: number } = {
  createUser: 0,
  updateProfile: 0,
  verifyEmail: 0,
  changeEmail: 0,
  blockUser: 0,
  unblockUser: 0,
  setRoles: 0,
  resealPersonKey: 0,
  raiseEpoch: 0,
  deleteUser: 0,
  openSession: 1,
  trimSessions: 2,
  rotateRefresh: 1,
  renewSession: 1,
  revokeSession: 1,
  revokeSessions: 1,
  touchSessions: 1,
  issueChallenge: 3,
  consumeChallenge: 3,
  advanceChallenge: 3,
  cancelChallenges: 3,
  addCredential: 4,
  replaceCredentialSecret: 4,
  updateCredentialData: 4,
  advanceTotpStep: 4,
  bumpPasskeyCounter: 4,
  putCredential: 4,
  removeCredential: 4,
  removeCredentials: 4,
  rememberDevice: 5,
  forgetDevices: 5,
  addSigningKey: 6,
  moveSigningKey: 6,
  resealSigningKey: 6,
  refundBudget: 7,
  enqueueMessage: 8,
  leaseMessage: 8,
  settleMessage: 8,
  retryMessage: 8,
  appendEvent: 9,
  appendSeal: 9,
  appendChange: 9,
  removeExpired: 10,
}

export interface OrderedWrite {
  readonly write: Write
  /** Position in the caller's list: what `lost.index` refers to. */
  readonly index: number
}

/** Stable sort of a commit into lock order (design rule 1: user, session, challenge, rest); several users by their ids. */
export function inLockOrder(writes: readonly Write[]): readonly OrderedWrite[] {
  const ordered = writes.map((write, index) => ({
    write,
    index,
    stage: lockOrder[write.kind],
    user: lockedUser(write),
  }))
  return ordered.sort((a, b) => a.stage - b.stage || compareText(a.user, b.user) || a.index - b.index)
}

function lockedUser(write: Write): string {
  if (lockOrder[write.kind] !== 0) return ''
  if (write.kind === 'createUser') return write.user.id
  return 'userId' in write ? (write.userId ?? '') : ''
}

function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1
}
