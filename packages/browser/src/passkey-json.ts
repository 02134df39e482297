/** Between the server's JSON and the browser's bytes: with the browser's own methods, and in a few lines where it has none (Safari before 18.4). */

export function creationOptions(json: PublicKeyCredentialCreationOptionsJSON): PublicKeyCredentialCreationOptions {
  if (PublicKeyCredential.parseCreationOptionsFromJSON) return PublicKeyCredential.parseCreationOptionsFromJSON(json)
  return {
    ...json,
    challenge: toBytes(json.challenge),
    user: { ...json.user, id: toBytes(json.user.id) },
    excludeCredentials: descriptors(json.excludeCredentials),
  } as unknown as PublicKeyCredentialCreationOptions
}

export function requestOptions(json: PublicKeyCredentialRequestOptionsJSON): PublicKeyCredentialRequestOptions {
  if (PublicKeyCredential.parseRequestOptionsFromJSON) return PublicKeyCredential.parseRequestOptionsFromJSON(json)
  return {
    ...json,
    challenge: toBytes(json.challenge),
    allowCredentials: descriptors(json.allowCredentials),
  } as unknown as PublicKeyCredentialRequestOptions
}

export function registrationJson(credential: PublicKeyCredential): RegistrationResponseJSON {
  const { clientDataJSON, attestationObject, getTransports } = credential.response as AuthenticatorAttestationResponse
  const transports = getTransports?.call(credential.response)
  return toJson(credential, { clientDataJSON, attestationObject }, transports && { transports })
}

export function authenticationJson(credential: PublicKeyCredential): AuthenticationResponseJSON {
  const { clientDataJSON, authenticatorData, signature, userHandle } =
    credential.response as AuthenticatorAssertionResponse
  return toJson(credential, { clientDataJSON, authenticatorData, signature, ...(userHandle && { userHandle }) })
}

function toJson<Json>(
  credential: PublicKeyCredential,
  bytes: Readonly<Record<string, ArrayBuffer>>,
  rest: Readonly<Record<string, unknown>> = {},
): Json {
  if (credential.toJSON) return credential.toJSON() as Json
  const { id, type } = credential
  const texts = Object.fromEntries(Object.entries(bytes).map(([name, value]) => [name, toText(value)]))
  return { id, rawId: id, type, response: { ...texts, ...rest }, clientExtensionResults: {} } as Json
}

function descriptors(list: readonly PublicKeyCredentialDescriptorJSON[] = []): unknown {
  return list.map((one) => ({ ...one, id: toBytes(one.id) }))
}

function toBytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (letter) => letter.charCodeAt(0))
}

function toText(bytes: ArrayBuffer): string {
  const letters = Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join('')
  return btoa(letters).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '')
}
