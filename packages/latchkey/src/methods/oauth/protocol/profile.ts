import { parseEmailAddress, type EmailAddress } from '../../../user/email-address.ts'

/** Claims of an ID token or members of an answer, unjudged. */
export type Claims = Readonly<Record<string, unknown>>

/** What a provider says about a person, in its own spelling. */
export interface ProfileParts {
  readonly subject: unknown
  readonly email?: unknown
  /** Whether the provider vouches that this very person has the address now. */
  readonly emailVerified?: boolean
  readonly name?: unknown
  readonly picture?: unknown
}

/** Who somebody is at a provider. `(issuer, subject)` is the identity; everything else may change hands (ASVS 10.5.2). */
export interface ProviderProfile {
  readonly issuer: string
  readonly subject: string
  readonly email: EmailAddress | null
  readonly emailVerified: boolean
  readonly name: string | null
  readonly picture: string | null
}

/** Makes a profile of what a provider said; `undefined` without a subject that can be a key. */
export function readProfile(issuer: string, parts: ProfileParts): ProviderProfile | undefined {
  const { subject } = parts
  // OIDC Core section 2: at most 255 ASCII characters. Without blanks, which some collations do not tell apart at the end.
  if (typeof subject !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(subject)) return undefined
  const email = typeof parts.email === 'string' ? (parseEmailAddress(parts.email) ?? null) : null
  return {
    issuer,
    subject,
    email,
    emailVerified: email !== null && parts.emailVerified === true,
    name: readName(parts.name),
    picture: readPicture(parts.picture),
  }
}

/** Standard claims (OIDC Core 5.1). `email_verified` is a text at some providers. */
export function profileOfClaims([claims]: readonly unknown[]): ProfileParts {
  const { sub, email, email_verified, name, picture } = asClaims(claims)
  const emailVerified = email_verified === true || email_verified === 'true'
  return { subject: sub, email, emailVerified, name, picture }
}

export function asClaims(value: unknown): Claims {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Claims) : {}
}

// As for names that people type: no controls, no line ends, nothing that turns the direction of text.
const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

function readName(value: unknown): string | null {
  if (typeof value !== 'string') return null
  const name = value.slice(0, 400).replace(unprintable, ' ').trim()
  // Not in the middle of a pair of surrogates.
  return name === '' ? null : name.slice(0, 100).replace(/[\ud800-\udbff]$/, '')
}

function readPicture(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > 2_048 || !URL.canParse(value)) return null
  const url = new URL(value)
  return url.protocol === 'https:' ? url.href : null
}
