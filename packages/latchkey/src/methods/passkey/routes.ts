import { array, minLength, object, optional, picklist, pipe, strictObject, type GenericSchema } from 'valibot'
import { nameField, attemptField } from '../fields.ts'
import type { MethodPorts } from '../method.ts'
import { route, signedIn, type Answer, type Route } from '../route.ts'
import {
  ceremonyAnswer,
  ceremonyBegun,
  passkeyAnswer,
  passkeyChanged,
  passkeyRefused,
  publicPasskey,
  registeredAnswer,
} from './answers.ts'
import { listPasskeys, removePasskey, renamePasskey, setPasskeyUsage } from './manage-passkeys.ts'
import type { RelyingParty } from './options.ts'
import { finishRegistration, startRegistration } from './registration.ts'
import { passkeyFactorRoutes, passkeySignInRoutes, passkeySignUpRoutes } from './sign-in-routes.ts'
import { registrationResponseField } from './webauthn/responses.ts'

const usageField = picklist(['primary', 'factor', 'both'])
const passkeyNameField: GenericSchema<string> = pipe(nameField, minLength(1))

export function passkeyRoutes(ports: MethodPorts, party: RelyingParty): readonly Route[] {
  return [
    ...(party.firstFactor ? passkeySignInRoutes(ports, party) : []),
    ...(party.signUp ? passkeySignUpRoutes(ports, party) : []),
    ...passkeyFactorRoutes(ports, party),
    ...ownPasskeyRoutes(ports, party),
  ]
}

/** The passkeys of a signed-in person. Parse, ask, answer; no decisions. */
function ownPasskeyRoutes(ports: MethodPorts, party: RelyingParty): readonly Route[] {
  return [
    route({
      id: 'startPasskeyRegistration',
      method: 'POST',
      path: '/passkeys/register/start',
      summary: 'Begin the registration of a passkey for me',
      access: { kind: 'session', sensitive: true },
      answers: { 200: { description: 'For the authenticator.', body: ceremonyAnswer } },
      problems: ['conflict', 'rate_limited'],
      async handle({ caller, context }): Promise<Answer> {
        const begun = await startRegistration(ports, context, party, signedIn(caller))
        return begun.ok ? ceremonyBegun(begun) : passkeyRefused(begun)
      },
    }),
    route({
      id: 'finishPasskeyRegistration',
      method: 'POST',
      path: '/passkeys/register/finish',
      summary: 'Bind the new passkey to me',
      access: { kind: 'session', enrolled: true },
      body: strictObject({
        ticket: attemptField,
        response: registrationResponseField,
        name: optional(passkeyNameField),
        usage: optional(usageField),
      }),
      answers: {
        200: {
          description: 'Registered. With the first second factor come recovery codes, shown this once.',
          body: registeredAnswer,
        },
      },
      problems: ['passkey_refused'],
      async handle({ body, caller, context }): Promise<Answer> {
        const { ticket, response, name, usage = 'both' } = body
        const input = { caller: signedIn(caller), ticket, response, name, usage }
        const finished = await finishRegistration(ports, context, party, input)
        return finished.ok ? passkeyChanged(finished.passkey, finished.recoveryCodes) : passkeyRefused(finished)
      },
    }),
    route({
      id: 'listPasskeys',
      method: 'GET',
      path: '/passkeys',
      summary: 'My passkeys',
      access: { kind: 'session' },
      answers: { 200: { description: 'Newest first.', body: object({ passkeys: array(passkeyAnswer) }) } },
      problems: [],
      async handle({ caller }): Promise<Answer> {
        const passkeys = await listPasskeys(ports, signedIn(caller).user)
        return { ok: true, status: 200, body: { passkeys: passkeys.map(publicPasskey) } }
      },
    }),
    route({
      id: 'renamePasskey',
      method: 'PATCH',
      path: '/passkeys/:id',
      summary: 'Name a passkey of mine',
      access: { kind: 'session' },
      body: strictObject({ name: passkeyNameField }),
      answers: { 200: { description: 'As it is now.', body: object({ passkey: passkeyAnswer }) } },
      problems: ['not_found', 'conflict'],
      async handle({ body, caller, context, params }): Promise<Answer> {
        const renamed = await renamePasskey(ports, context, signedIn(caller), { ...body, id: params['id'] ?? '' })
        return renamed.ok ? passkeyChanged(renamed.passkey, null) : { ok: false, problem: renamed.reason }
      },
    }),
    route({
      id: 'setPasskeyUsage',
      method: 'PUT',
      path: '/passkeys/:id/usage',
      summary: 'Make a passkey of mine a second factor, a way to sign in, or both',
      access: { kind: 'session', sensitive: true },
      body: strictObject({ usage: usageField }),
      answers: {
        200: {
          description: 'As it is now. With the first second factor come recovery codes, shown this once.',
          body: registeredAnswer,
        },
      },
      problems: ['not_found', 'conflict', 'last_way_in'],
      async handle({ body, caller, context, params }): Promise<Answer> {
        const changed = await setPasskeyUsage(ports, context, signedIn(caller), { ...body, id: params['id'] ?? '' })
        return changed.ok
          ? passkeyChanged(changed.passkey, changed.recoveryCodes)
          : { ok: false, problem: changed.reason }
      },
    }),
    route({
      id: 'removePasskey',
      method: 'DELETE',
      path: '/passkeys/:id',
      summary: 'Remove a passkey of mine; every other session ends',
      access: { kind: 'session', sensitive: true },
      answers: { 204: { description: 'Removed.' } },
      problems: ['not_found', 'conflict', 'last_way_in'],
      async handle({ caller, context, params }): Promise<Answer> {
        const removed = await removePasskey(ports, context, signedIn(caller), params['id'] ?? '')
        return removed.ok ? { ok: true, status: 204 } : { ok: false, problem: removed.reason }
      },
    }),
  ]
}
