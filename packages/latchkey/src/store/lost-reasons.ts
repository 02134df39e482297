import type { WriteKind } from './writes.ts'

export type LostReason =
  | 'email_taken'
  | 'unknown_user'
  | 'not_applicable'
  | 'epoch_changed'
  | 'credential_exists'
  | 'credential_changed'
  | 'unknown_credential'
  | 'step_used'
  | 'challenge_spent'
  | 'challenge_changed'
  | 'turn_lost'
  | 'session_over'
  | 'key_state_taken'
  | 'not_due'
  | 'lease_lost'
  | 'seal_taken'

/** What a lost guard is called, for every write that has one. Storages read the name here. */
export const lostReasons: { readonly [Kind in WriteKind]: LostReason | null } = {
  createUser: 'email_taken',
  updateProfile: 'unknown_user',
  verifyEmail: 'not_applicable',
  changeEmail: 'not_applicable',
  blockUser: 'not_applicable',
  unblockUser: 'not_applicable',
  setRoles: 'unknown_user',
  resealPersonKey: 'not_applicable',
  raiseEpoch: 'epoch_changed',
  deleteUser: 'unknown_user',
  addCredential: 'credential_exists',
  replaceCredentialSecret: 'credential_changed',
  updateCredentialData: 'credential_changed',
  advanceTotpStep: 'step_used',
  bumpPasskeyCounter: 'credential_changed',
  putCredential: null,
  removeCredential: 'unknown_credential',
  removeCredentials: null,
  issueChallenge: null,
  consumeChallenge: 'challenge_spent',
  advanceChallenge: 'challenge_changed',
  cancelChallenges: null,
  openSession: 'epoch_changed',
  trimSessions: null,
  rotateRefresh: 'turn_lost',
  renewSession: 'session_over',
  revokeSession: 'session_over',
  revokeSessions: null,
  touchSessions: null,
  rememberDevice: null,
  forgetDevices: null,
  addSigningKey: 'key_state_taken',
  moveSigningKey: 'key_state_taken',
  resealSigningKey: 'not_applicable',
  refundBudget: null,
  enqueueMessage: null,
  leaseMessage: 'not_due',
  settleMessage: 'lease_lost',
  retryMessage: 'not_applicable',
  appendEvent: null,
  appendSeal: 'seal_taken',
  appendChange: null,
  removeExpired: null,
}

/**
 * What a unique value that somebody else has is called, where that is not the loss of the guard. A storage tells the two apart by what
 * the one statement answers: a refused constraint, or no row.
 */
export const takenReasons: { readonly [Kind in WriteKind]?: LostReason } = { changeEmail: 'email_taken' }
