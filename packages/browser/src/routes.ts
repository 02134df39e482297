import type {
  ActivityResult,
  FactorsResult,
  IdentitiesResult,
  IdentityResult,
  PasskeyCreation,
  PasskeyRequest,
  PasskeyResult,
  PasskeysResult,
  PasskeyUsage,
  RecoveryCodesResult,
  TotpConfirmedResult,
  TotpEnrolmentResult,
} from './account-answers.ts'
import type {
  AttemptResult,
  DoneResult,
  NeedsFactorResult,
  RedirectResult,
  SentResult,
  SessionResult,
  SessionsResult,
  SignInResult,
  UserResult,
} from './answers.ts'

/** Ways to begin: each ends in `signed_in` or in an attempt that asks for more. */
export interface SignInRoutes {
  signUp(input: {
    readonly email: string
    readonly password?: string
    readonly name?: string
    readonly locale?: string
  }): Promise<NeedsFactorResult>
  /** Registers with a passkey in place of a password; `finish` takes what the browser made of `options`. */
  startPasskeySignUp(input: { readonly email: string; readonly name?: string }): Promise<PasskeyCreation>
  finishPasskeySignUp(input: PasskeyAnswer<RegistrationResponseJSON>): Promise<NeedsFactorResult>

  signInWithPassword(input: { readonly email: string; readonly password: string }): Promise<SignInResult>
  signInWithEmailCode(input: { readonly email: string }): Promise<NeedsFactorResult>
  /** Mails a link. Answers `sent` whether or not the address is known. */
  requestMagicLink(input: { readonly email: string; readonly redirectTo?: string }): Promise<SentResult>
  /** With the token of the link; in another browser than the one that asked also the six digits of the same mail (`code_required`). */
  finishMagicLink(input: { readonly token: string; readonly code?: string }): Promise<SignInResult>
  startPasskeySignIn(): Promise<PasskeyRequest>
  finishPasskeySignIn(input: PasskeyAnswer<AuthenticationResponseJSON>): Promise<SignInResult>
  /**
   * The address of the provider's page. Go there with the whole page. In cookie mode the server opens the session on the way back; in token mode it leads to
   * `redirectTo` with `ticket` behind `#`, for `finishOAuth`.
   */
  startOAuth(provider: string, input?: { readonly redirectTo?: string }): Promise<RedirectResult>
  /** Token mode only. `attempt` is what `startOAuth` gave: nobody else's ticket opens with it. */
  finishOAuth(input: { readonly attempt: string; readonly ticket: string }): Promise<SignInResult>
}

/** Proofs for a pending attempt, of a sign-in, a registration or a step-up. */
export interface FactorRoutes {
  finishEmailCode(input: { readonly attempt: string; readonly code: string }): Promise<SignInResult>
  resendEmailCode(input: { readonly attempt: string }): Promise<SentResult>
  finishPassword(input: { readonly attempt: string; readonly password: string }): Promise<SignInResult>
  finishTotp(input: { readonly attempt: string; readonly code: string }): Promise<SignInResult>
  finishRecoveryCode(input: { readonly attempt: string; readonly code: string }): Promise<SignInResult>
  startPasskeyFactor(input: { readonly attempt: string }): Promise<PasskeyRequest>
  finishPasskeyFactor(
    input: PasskeyAnswer<AuthenticationResponseJSON> & { readonly attempt: string },
  ): Promise<SignInResult>
}

export interface SessionRoutes {
  /** Who is signed in; `unauthenticated` when nobody is. Calls at the same time share one request. */
  session(): Promise<SessionResult>
  /** Asks for the proof that makes this session fresh, or raises it; finished like a sign-in. */
  stepUp(): Promise<NeedsFactorResult>
  signOut(): Promise<DoneResult>
  sessions(): Promise<SessionsResult>
  revokeSession(id: string): Promise<DoneResult>
  revokeOtherSessions(): Promise<DoneResult>
}

export interface AccountRoutes {
  updateAccount(changes: { readonly name?: string | null; readonly locale?: string | null }): Promise<UserResult>
  activity(cursor?: string): Promise<ActivityResult>
  changePassword(input: { readonly currentPassword: string; readonly password: string }): Promise<DoneResult>
  /** Mails a link and a code, or the like, whether or not the address is known; `attempt` goes back with the code. */
  requestPasswordReset(input: { readonly email: string }): Promise<AttemptResult>
  /** With the token of the link, or with attempt and code. Ends every session of the person and signs nobody in. */
  resetPassword(
    input: ({ readonly token: string } | { readonly attempt: string; readonly code: string }) & {
      readonly password: string
    },
  ): Promise<DoneResult>
  requestEmailVerification(): Promise<AttemptResult>
  verifyEmail(input: { readonly attempt: string; readonly code: string }): Promise<DoneResult>
  /** Mails a code to the new address; the old one stays until it was given. */
  changeEmail(input: { readonly email: string }): Promise<AttemptResult>
  confirmEmailChange(input: { readonly attempt: string; readonly code: string }): Promise<UserResult>
  /** With the link that the old address got. */
  undoEmailChange(input: { readonly token: string }): Promise<DoneResult>
  /** Registers the first administrator with the one-time link of a development server's terminal. */
  claimAdminLink(input: {
    readonly token: string
    readonly email: string
    readonly password: string
    readonly name?: string
  }): Promise<NeedsFactorResult>
}

/** What an account can be protected with. Most of it wants a fresh session: `fresh_required`, `aal_required`. */
export interface FactorSettingRoutes {
  factors(): Promise<FactorsResult>
  enrolTotp(): Promise<TotpEnrolmentResult>
  confirmTotp(input: { readonly factorId: string; readonly code: string }): Promise<TotpConfirmedResult>
  removeTotp(): Promise<DoneResult>
  /** Ends the codes before. */
  regenerateRecoveryCodes(): Promise<RecoveryCodesResult>

  passkeys(): Promise<PasskeysResult>
  startPasskeyRegistration(): Promise<PasskeyCreation>
  finishPasskeyRegistration(
    input: PasskeyAnswer<RegistrationResponseJSON> & { readonly name?: string; readonly usage?: PasskeyUsage },
  ): Promise<PasskeyResult>
  renamePasskey(id: string, input: { readonly name: string }): Promise<PasskeyResult>
  setPasskeyUsage(id: string, input: { readonly usage: PasskeyUsage }): Promise<PasskeyResult>
  removePasskey(id: string): Promise<DoneResult>

  identities(): Promise<IdentitiesResult>
  linkIdentity(provider: string, input?: { readonly redirectTo?: string }): Promise<RedirectResult>
  /** Binds the identity with which the browser came back; `attempt` stands in the address of the page where it landed. */
  confirmIdentity(input: { readonly attempt: string }): Promise<IdentityResult>
  unlinkIdentity(id: string): Promise<DoneResult>
}

/** The ticket of a ceremony and what the authenticator answered. */
export interface PasskeyAnswer<Response> {
  readonly ticket: string
  readonly response: Response
}
