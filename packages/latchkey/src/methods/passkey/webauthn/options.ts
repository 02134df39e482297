/** `PublicKeyCredentialCreationOptionsJSON` (WebAuthn L3 section 5.1.8), as far as we fill it in; bytes are base64url. */
export interface CreationOptions {
  readonly rp: { readonly id: string; readonly name: string }
  readonly user: { readonly id: string; readonly name: string; readonly displayName: string }
  readonly challenge: string
  readonly pubKeyCredParams: readonly { readonly type: 'public-key'; readonly alg: number }[]
  readonly timeout: number
  readonly excludeCredentials: readonly CredentialDescriptor[]
  readonly authenticatorSelection: {
    readonly residentKey: 'required' | 'preferred'
    readonly requireResidentKey: boolean
    readonly userVerification: 'required' | 'preferred'
  }
  readonly attestation: 'none' | 'direct'
  readonly extensions: { readonly credProps: true }
}

/** `PublicKeyCredentialRequestOptionsJSON` (section 5.1.9). */
export interface RequestOptions {
  readonly rpId: string
  readonly challenge: string
  readonly timeout: number
  readonly allowCredentials: readonly CredentialDescriptor[]
  readonly userVerification: 'required' | 'preferred'
}

export interface CredentialDescriptor {
  readonly type: 'public-key'
  readonly id: string
  readonly transports: readonly string[]
}

export function creationOptions(input: {
  readonly rp: CreationOptions['rp']
  readonly user: CreationOptions['user']
  readonly challenge: string
  readonly algorithms: readonly number[]
  readonly timeoutMs: number
  readonly exclude: readonly Omit<CredentialDescriptor, 'type'>[]
  /** Nothing but this credential will sign the person in: it has to be found without a name, and to ask for a PIN or biometric. */
  readonly alone: boolean
  readonly attestation: CreationOptions['attestation']
}): CreationOptions {
  return {
    rp: input.rp,
    user: input.user,
    challenge: input.challenge,
    pubKeyCredParams: input.algorithms.map((alg) => ({ type: 'public-key', alg })),
    timeout: input.timeoutMs,
    // The authenticator refuses what it already holds, so that nobody fills a list with the same device.
    excludeCredentials: input.exclude.map(({ id, transports }) => ({ type: 'public-key', id, transports })),
    authenticatorSelection: {
      residentKey: input.alone ? 'required' : 'preferred',
      requireResidentKey: input.alone,
      userVerification: input.alone ? 'required' : 'preferred',
    },
    attestation: input.attestation,
    extensions: { credProps: true },
  }
}

export function requestOptions(input: {
  readonly rpId: string
  readonly challenge: string
  readonly timeoutMs: number
  /** Empty: the authenticator offers whatever it holds for us, and no account is named before a proof (section 14.6.2). */
  readonly allow: readonly Omit<CredentialDescriptor, 'type'>[]
  readonly userVerification: RequestOptions['userVerification']
}): RequestOptions {
  return {
    rpId: input.rpId,
    challenge: input.challenge,
    timeout: input.timeoutMs,
    allowCredentials: input.allow.map(({ id, transports }) => ({ type: 'public-key', id, transports })),
    userVerification: input.userVerification,
  }
}
