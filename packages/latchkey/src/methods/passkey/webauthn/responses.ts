import { array, check, literal, maxLength, nullish, object, optional, pipe, string, type GenericSchema } from 'valibot'

/** What `PublicKeyCredential.toJSON()` gives (WebAuthn L3 section 5.1.5 and 5.1.6), as far as a relying party reads it. */
export interface RegistrationResponse {
  readonly id: string
  readonly rawId: string
  readonly type: 'public-key'
  readonly response: {
    readonly clientDataJSON: string
    readonly attestationObject: string
    readonly transports?: readonly string[] | undefined
  }
}

export interface AuthenticationResponse {
  readonly id: string
  readonly rawId: string
  readonly type: 'public-key'
  readonly response: {
    readonly clientDataJSON: string
    readonly authenticatorData: string
    readonly signature: string
    readonly userHandle?: string | null | undefined
  }
}

/** 1,023 bytes (WebAuthn L3 section 4, "credential ID") in base64url. */
const idLength = 1_364

const bytesField = (length: number): GenericSchema<string> =>
  pipe(
    string(),
    maxLength(length),
    check((text) => /^[A-Za-z0-9_-]+$/.test(text), 'invalid'),
  )

/** Transports are hints for the next ceremony; unknown ones are kept, as WebAuthn L3 section 5.8.4 asks, but not at any length. */
const transportsField = pipe(
  array(
    pipe(
      string(),
      maxLength(32),
      check((text) => /^[a-z-]+$/.test(text), 'invalid'),
    ),
  ),
  maxLength(8),
)

// Browsers add members with each edition of the standard: what nobody reads is dropped, not refused.
export const registrationResponseField: GenericSchema<RegistrationResponse> = object({
  id: bytesField(idLength),
  rawId: bytesField(idLength),
  type: literal('public-key'),
  response: object({
    clientDataJSON: bytesField(8_192),
    attestationObject: bytesField(32_768),
    transports: optional(transportsField),
  }),
})

export const authenticationResponseField: GenericSchema<AuthenticationResponse> = object({
  id: bytesField(idLength),
  rawId: bytesField(idLength),
  type: literal('public-key'),
  response: object({
    clientDataJSON: bytesField(8_192),
    authenticatorData: bytesField(8_192),
    signature: bytesField(2_048),
    userHandle: nullish(bytesField(88)),
  }),
})
