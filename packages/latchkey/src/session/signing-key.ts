/** `next` is published before it signs, `previous` stays published until the last token it signed has expired. */
export type SigningKeyState = 'next' | 'current' | 'previous'

export interface SigningKey {
  readonly kid: string
  readonly state: SigningKeyState
  readonly algorithm: 'ES256'
  /** JWK as JSON. */
  readonly publicJwk: string
  /** PKCS #8 sealed with the key ring. */
  readonly privateKey: string
  readonly createdAt: number
  /** When it stopped signing; set with the state `previous`. */
  readonly retiredAt: number | null
}
