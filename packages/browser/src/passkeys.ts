import type { PasskeyResult, PasskeyUsage } from './account-answers.ts'
import type { NeedsFactorResult, SignInResult } from './answers.ts'
import type { Client } from './client.ts'
import { creationOptions, registrationJson, requestOptions, authenticationJson } from './passkey-json.ts'

/**
 * Why a ceremony ended in the browser. `passkey_cancelled`: the person closed the dialog, it timed out, or another ceremony took its place.
 * `passkey_exists`: the authenticator holds one of this account already. `passkey_unsupported`: no passkeys here.
 */
export interface PasskeyFailure {
  readonly ok: false
  readonly code: 'passkey_cancelled' | 'passkey_exists' | 'passkey_unsupported'
  readonly status: 0
}

/** Whether this browser makes passkeys on this page at all. */
export function supportsPasskeys(): boolean {
  return typeof PublicKeyCredential === 'function'
}

/** Binds a passkey to whoever is signed in. Wants a fresh session, as `startPasskeyRegistration` does. */
export function registerPasskey(
  client: Client,
  input: { readonly name?: string; readonly usage?: PasskeyUsage } = {},
): Promise<PasskeyResult | PasskeyFailure> {
  return withDialog(async () => {
    const started = await client.startPasskeyRegistration()
    if (!started.ok) return started
    const made = await create(started.options)
    return made.ok
      ? client.finishPasskeyRegistration({ ticket: started.ticket, response: made.response, ...input })
      : made
  })
}

/** Registers a person with a passkey in place of a password; the mailed code finishes it. */
export function signUpWithPasskey(
  client: Client,
  input: { readonly email: string; readonly name?: string },
): Promise<NeedsFactorResult | PasskeyFailure> {
  return withDialog(async () => {
    const started = await client.startPasskeySignUp(input)
    if (!started.ok) return started
    const made = await create(started.options)
    return made.ok ? client.finishPasskeySignUp({ ticket: started.ticket, response: made.response }) : made
  })
}

/**
 * Signs in with a passkey by a button: the browser shows what it has.
 *
 * @example const result = await signInWithPasskey(client)
 */
export function signInWithPasskey(client: Client): Promise<SignInResult | PasskeyFailure> {
  return withDialog(async () => {
    const started = await client.startPasskeySignIn()
    if (!started.ok) return started
    const given = await get({ publicKey: requestOptions(started.options) })
    return given.ok ? client.finishPasskeySignIn({ ticket: started.ticket, response: given.response }) : given
  })
}

/** Gives a passkey to a pending attempt: a sign-in that asks for one, or a step-up. */
export function provePasskey(
  client: Client,
  { attempt }: { readonly attempt: string },
): Promise<SignInResult | PasskeyFailure> {
  return withDialog(async () => {
    const started = await client.startPasskeyFactor({ attempt })
    if (!started.ok) return started
    const given = await get({ publicKey: requestOptions(started.options) })
    return given.ok ? client.finishPasskeyFactor({ attempt, ticket: started.ticket, response: given.response }) : given
  })
}

/** Younger than the ticket's five minutes, so that whoever takes an offer late is not refused. */
const renewOfferMs = 4 * 60_000

/**
 * Offers passkeys in the field with `autocomplete="username webauthn"` (conditional UI) for as long as the page stands. A button's ceremony
 * takes precedence; the offer comes back after it.
 *
 * @returns what ends the offer; call it when the page goes
 * @example const stop = offerPasskeys(client, (result) => { if (result.ok) proceed(result) })
 */
export function offerPasskeys(client: Client, answer: (result: SignInResult) => void): () => void {
  let isOver = false
  const over = new AbortController()
  const offer = async (): Promise<void> => {
    if (!supportsPasskeys() || !(await PublicKeyCredential.isConditionalMediationAvailable?.())) return
    while (!isOver) {
      while (dialogs > 0) await dialog
      await visible(over.signal)
      const started = await client.startPasskeySignIn()
      if (isOver) return
      if (!started.ok) return answer(started)
      // A button was pressed meanwhile: its dialog must not be taken away again.
      if (dialogs > 0) continue
      const renewal = setTimeout(() => current?.abort(), renewOfferMs)
      const given = await get({ publicKey: requestOptions(started.options), mediation: 'conditional' }, over.signal)
      clearTimeout(renewal)
      if (given.ok) {
        const result = await client.finishPasskeySignIn({ ticket: started.ticket, response: given.response })
        answer(result)
        if (result.ok) return
        // What was not ended by us would be refused again at once.
      } else if (given !== aborted) return
    }
  }
  void offer()
  return () => {
    isOver = true
    over.abort()
  }
}

// A page has one ceremony at a time: a new one ends what is open.
let current: AbortController | undefined
/** How many ceremonies with a dialog are under way, and the newest of them: an offer waits until none is left. */
let dialogs = 0
let dialog: Promise<unknown> | undefined

/** A ceremony that the person began, from its options to its result. */
async function withDialog<Result>(ceremony: () => Promise<Result>): Promise<Result | PasskeyFailure> {
  if (!supportsPasskeys()) return unsupported
  dialogs += 1
  const result = ceremony().finally(() => {
    dialogs -= 1
  })
  dialog = result.catch(() => undefined)
  return result
}

type Answered<Response> = { readonly ok: true; readonly response: Response } | PasskeyFailure

async function create(options: PublicKeyCredentialCreationOptionsJSON): Promise<Answered<RegistrationResponseJSON>> {
  const made = await alone((signal) => navigator.credentials.create({ publicKey: creationOptions(options), signal }))
  return made.ok ? { ok: true, response: registrationJson(made.response) } : made
}

async function get(
  options: CredentialRequestOptions,
  over?: AbortSignal,
): Promise<Answered<AuthenticationResponseJSON>> {
  const given = await alone((signal) => navigator.credentials.get({ ...options, signal }), over)
  return given.ok ? { ok: true, response: authenticationJson(given.response) } : given
}

/** `over` ends it as well. */
function alone(
  ask: (signal: AbortSignal) => Promise<Credential | null>,
  over?: AbortSignal,
): Promise<Answered<PublicKeyCredential>> {
  current?.abort()
  const own = new AbortController()
  current = own
  over?.addEventListener('abort', () => own.abort())
  if (over?.aborted) own.abort()
  return ask(own.signal).then(
    (credential): Answered<PublicKeyCredential> =>
      credential ? { ok: true, response: credential as PublicKeyCredential } : cancelled,
    failureOf,
  )
}

/** Resolves as soon as somebody can see the page: what nobody looks at asks the server for nothing. */
function visible(over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (document.visibilityState === 'visible' || over.aborted) return resolve()
    const seen = (): void => {
      document.removeEventListener('visibilitychange', seen)
      resolve()
    }
    document.addEventListener('visibilitychange', seen)
    over.addEventListener('abort', seen)
  })
}

const cancelled: PasskeyFailure = { ok: false, code: 'passkey_cancelled', status: 0 }
/** Ended by ourselves: the same to a caller, and known by its identity in here. */
const aborted: PasskeyFailure = { ...cancelled }
const unsupported: PasskeyFailure = { ok: false, code: 'passkey_unsupported', status: 0 }

// WebAuthn L3 sections 5.1.3 and 5.1.4 name the errors; NotAllowedError tells on purpose no more than that nothing came of it.
function failureOf(error: unknown): PasskeyFailure {
  const name = error instanceof Error ? error.name : ''
  if (name === 'InvalidStateError') return { ok: false, code: 'passkey_exists', status: 0 }
  if (name === 'AbortError') return aborted
  return name === 'NotAllowedError' ? cancelled : unsupported
}
