export { createClient, type Client, type ClientOptions } from './client.ts'
export type {
  Config,
  ConfigResult,
  DeviceSession,
  DoneResult,
  FactorId,
  NeedsFactor,
  NeedsFactorResult,
  SentResult,
  Session,
  SessionResult,
  SessionsResult,
  SignedIn,
  SignInResult,
  User,
  UserResult,
} from './answers.ts'
export type {
  Failure,
  FailureCode,
  FieldProblemCode,
  FieldReason,
  PlainProblemCode,
  ProblemCode,
  WaitProblemCode,
} from './problem.ts'
