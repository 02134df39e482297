export { createClient, type Client, type ClientOptions } from './client.ts'
export {
  offerPasskeys,
  provePasskey,
  registerPasskey,
  signInWithPasskey,
  signUpWithPasskey,
  supportsPasskeys,
  type PasskeyFailure,
} from './passkeys.ts'
export type { StepUpHandler } from './send.ts'
export type { SessionChange } from './tabs.ts'
export type { TokenStorage } from './tokens.ts'
export type {
  ActivityEvent,
  ActivityResult,
  Factors,
  FactorsResult,
  IdentitiesResult,
  Identity,
  IdentityResult,
  Passkey,
  PasskeyCreation,
  PasskeyRequest,
  PasskeyResult,
  PasskeysResult,
  PasskeyUsage,
  RecoveryCodesResult,
  TotpConfirmedResult,
  TotpEnrolment,
  TotpEnrolmentResult,
} from './account-answers.ts'
export type {
  AttemptResult,
  Config,
  ConfigResult,
  DeviceSession,
  DoneResult,
  FactorId,
  NeedsFactor,
  NeedsFactorResult,
  Outcome,
  Provider,
  RedirectResult,
  SentResult,
  Session,
  SessionResult,
  SessionsResult,
  SignedIn,
  SignInResult,
  User,
  UserResult,
} from './answers.ts'
export {
  needsStepUp,
  type Failure,
  type FailureCode,
  type FieldProblemCode,
  type FieldReason,
  type PlainProblemCode,
  type ProblemCode,
  type StepUpProblemCode,
  type WaitProblemCode,
} from './problem.ts'
