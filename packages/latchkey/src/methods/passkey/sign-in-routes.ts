import { optional, strictObject, union } from 'valibot'
import {
  attemptField,
  deviceField,
  emailField,
  localeField,
  modeField,
  nameField,
  needsFactorAnswer,
  signedInAnswer,
} from '../fields.ts'
import type { MethodPorts } from '../method.ts'
import { route, withDevice, type Answer, type Route } from '../route.ts'
import { signInAnswer } from '../sign-in-answer.ts'
import { ceremonyAnswer, ceremonyBegun, passkeyRefused } from './answers.ts'
import type { RelyingParty } from './options.ts'
import { finishPasskeyFactor, startPasskeyFactor } from './passkey-factor.ts'
import { finishPasskeySignIn, startPasskeySignIn } from './passkey.ts'
import { finishPasskeySignUp, startPasskeySignUp } from './sign-up.ts'
import { authenticationResponseField, registrationResponseField } from './webauthn/responses.ts'

const stepAnswer = {
  200: { description: 'Signed in, or another factor is needed.', body: union([signedInAnswer, needsFactorAnswer]) },
}

/** A passkey alone. Parse, ask, answer; no decisions. */
export function passkeySignInRoutes(ports: MethodPorts, party: RelyingParty): readonly Route[] {
  return [
    route({
      id: 'startPasskeySignIn',
      method: 'POST',
      path: '/sign-in/passkey/start',
      summary: 'Begin a sign-in with a passkey; also for a field that offers passkeys by itself',
      access: { kind: 'public' },
      body: strictObject({ mode: modeField }),
      answers: { 200: { description: 'For the authenticator, whosever it is.', body: ceremonyAnswer } },
      problems: ['rate_limited'],
      async handle({ body, context, presented }): Promise<Answer> {
        const { mode = 'cookie' } = body
        const begun = await startPasskeySignIn(ports, context, party, { mode, binding: presented.binding })
        return begun.ok ? ceremonyBegun(begun) : passkeyRefused(begun)
      },
    }),
    route({
      id: 'finishPasskeySignIn',
      method: 'POST',
      path: '/sign-in/passkey/finish',
      summary: 'Sign in with the answer of the authenticator',
      access: { kind: 'public' },
      body: strictObject({ ticket: attemptField, response: authenticationResponseField, device: deviceField }),
      answers: stepAnswer,
      problems: ['passkey_refused', 'attempt_over', 'second_factor_missing', 'rate_limited'],
      async handle({ body, context, presented }): Promise<Answer> {
        const { ticket, response } = body
        const { binding, device } = withDevice(presented, body.device)
        const result = await finishPasskeySignIn(ports, context, party, { ticket, response, binding, device })
        return result.ok ? signInAnswer(ports, result) : passkeyRefused(result)
      },
    }),
  ]
}

/** A passkey beside another proof, or to raise a session. */
export function passkeyFactorRoutes(ports: MethodPorts, party: RelyingParty): readonly Route[] {
  return [
    route({
      id: 'startFactorPasskey',
      method: 'POST',
      path: '/sign-in/factor/passkey/start',
      summary: 'Ask for a passkey of the person whose attempt it is',
      access: { kind: 'public' },
      body: strictObject({ attempt: attemptField }),
      answers: { 200: { description: 'For the authenticator of this person.', body: ceremonyAnswer } },
      problems: ['attempt_over', 'rate_limited'],
      async handle({ body, context, presented }): Promise<Answer> {
        const { attempt } = body
        const begun = await startPasskeyFactor(ports, context, party, { attempt, binding: presented.binding })
        return begun.ok ? ceremonyBegun(begun) : passkeyRefused(begun)
      },
    }),
    route({
      id: 'proveFactorPasskey',
      method: 'POST',
      path: '/sign-in/factor/passkey/finish',
      summary: 'Add a passkey to a pending sign-in, or raise the session with it',
      access: { kind: 'public' },
      body: strictObject({
        attempt: attemptField,
        ticket: attemptField,
        response: authenticationResponseField,
        device: deviceField,
      }),
      answers: stepAnswer,
      problems: ['passkey_refused', 'attempt_over', 'rate_limited'],
      async handle({ body, context, presented }): Promise<Answer> {
        const { device, ...proof } = body
        const input = { ...proof, presented: withDevice(presented, device) }
        const result = await finishPasskeyFactor(ports, context, party, input)
        return result.ok ? signInAnswer(ports, result) : passkeyRefused(result)
      },
    }),
  ]
}

/** A passkey in place of a password, from the first minute. */
export function passkeySignUpRoutes(ports: MethodPorts, party: RelyingParty): readonly Route[] {
  return [
    route({
      id: 'startPasskeySignUp',
      method: 'POST',
      path: '/sign-up/passkey/start',
      summary: 'Begin a registration with a passkey',
      access: { kind: 'public' },
      body: strictObject({
        email: emailField,
        name: optional(nameField),
        locale: optional(localeField),
        mode: modeField,
      }),
      answers: { 200: { description: 'The same for every address.', body: ceremonyAnswer } },
      problems: ['rate_limited'],
      async handle({ body, context, presented }): Promise<Answer> {
        const { email, name = null, locale = null, mode = 'cookie' } = body
        const { binding } = presented
        const begun = await startPasskeySignUp(ports, context, party, { email, name, locale, mode, binding })
        return begun.ok ? ceremonyBegun(begun) : passkeyRefused(begun)
      },
    }),
    route({
      id: 'finishPasskeySignUp',
      method: 'POST',
      path: '/sign-up/passkey/finish',
      summary: 'Register with the new passkey; the mailed code proves the address',
      access: { kind: 'public' },
      body: strictObject({ ticket: attemptField, response: registrationResponseField }),
      answers: { 200: { description: 'A code is on its way; the same for every address.', body: needsFactorAnswer } },
      problems: ['passkey_refused', 'rate_limited'],
      async handle({ body, context, presented }): Promise<Answer> {
        const { binding } = presented
        const result = await finishPasskeySignUp(ports, context, party, { ...body, binding })
        if (result.ok) return signInAnswer(ports, result)
        // Nothing but a limit can refuse a registration that brings no password and no invitation.
        return passkeyRefused({ retryAfterSeconds: 0, ...result })
      },
    }),
  ]
}
