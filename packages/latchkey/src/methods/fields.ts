import {
  boolean,
  check,
  literal,
  maxLength,
  nullable,
  object,
  optional,
  picklist,
  pipe,
  record,
  string,
  transform,
  array,
  number,
  unknown,
  type GenericSchema,
} from 'valibot'
import { parseEmailAddress, type EmailAddress } from '../user/email-address.ts'

/** Fields that several routes take. Lengths, alphabets and normalisation are decided here, once, at the edge. */
export const emailField: GenericSchema<string, EmailAddress> = pipe(
  string(),
  maxLength(320),
  check((text) => parseEmailAddress(text) !== undefined, 'invalid'),
  transform((text) => parseEmailAddress(text) as EmailAddress),
)

/** Any text up to twice the cap in code units; what is acceptable as a password is decided by the policy. */
export const passwordField: GenericSchema<string> = pipe(string(), maxLength(4_096))

/** A person's name as shown in mails and lists: one line, no control or direction-changing characters. */
export const nameField: GenericSchema<string> = pipe(string(), maxLength(100), check(isOneLine, 'invalid'))

/** Text that cannot disguise itself where people read it. */
export function isOneLine(text: string): boolean {
  return !unprintable.test(text)
}

// Controls, line and paragraph separators, and bidirectional overrides, which could disguise a name in a list or a mail.
const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/

/** BCP 47, loosely: what `Intl` would take. */
export const localeField: GenericSchema<string> = pipe(
  string(),
  maxLength(35),
  check((text) => /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/.test(text), 'invalid'),
)

/** The handle of a pending attempt. */
export const attemptField: GenericSchema<string> = pipe(string(), maxLength(160))

/** Digits as people type them: spaces and hyphens are taken off. */
export const codeField: GenericSchema<string, string> = pipe(
  string(),
  maxLength(32),
  transform((text) => text.replace(/[\s-]/g, '')),
)

/** `token` asks for tokens in the body instead of a cookie. */
export const modeField: GenericSchema<'cookie' | 'token' | undefined> = optional(picklist(['cookie', 'token']))

/** In token mode, what a browser would keep in its device cookie. */
export const deviceField: GenericSchema<string | undefined> = optional(pipe(string(), maxLength(160)))

/** Where to go after a sign-in, as it came; `redirect-target.ts` judges it. */
export const redirectToField: GenericSchema<string | undefined> = optional(pipe(string(), maxLength(2_048)))

const isoDate: GenericSchema<string> = string()

/** Answers, for the OpenAPI document. */
export const userAnswer: GenericSchema = object({
  id: string(),
  email: string(),
  emailVerified: boolean(),
  name: nullable(string()),
  locale: nullable(string()),
  roles: array(string()),
  createdAt: isoDate,
})

export const sessionAnswer: GenericSchema = object({
  id: string(),
  aal: picklist([1, 2]),
  amr: array(string()),
  authenticatedAt: isoDate,
  createdAt: isoDate,
  expiresAt: isoDate,
})

export const listedSessionAnswer: GenericSchema = object({
  id: string(),
  aal: picklist([1, 2]),
  amr: array(string()),
  authenticatedAt: isoDate,
  createdAt: isoDate,
  expiresAt: isoDate,
  lastSeenAt: isoDate,
  ip: nullable(string()),
  userAgent: nullable(string()),
  current: boolean(),
})

export const tokensAnswer: GenericSchema = object({
  accessToken: string(),
  refreshToken: string(),
  tokenType: literal('Bearer'),
  expiresIn: number(),
})

export const needsFactorAnswer: GenericSchema = object({
  status: literal('needs_factor'),
  attempt: string(),
  factors: array(picklist(['email_code', 'password', 'totp', 'recovery_code', 'passkey'])),
  sentTo: optional(string()),
  redirectTo: optional(string()),
})

export const signedInAnswer: GenericSchema = object({
  status: literal('signed_in'),
  user: userAnswer,
  session: sessionAnswer,
  tokens: optional(tokensAnswer),
  device: optional(string()),
  redirectTo: optional(string()),
})

export const factorsAnswer: GenericSchema = object({
  password: boolean(),
  totp: nullable(object({ enrolledAt: isoDate })),
  passkeys: number(),
  identities: number(),
  recoveryCodes: number(),
  secondFactors: array(string()),
})

export const sentAnswer: GenericSchema = object({ status: literal('sent') })
export const configAnswer: GenericSchema = object({
  appName: string(),
  methods: record(string(), record(string(), unknown())),
  redirectOrigins: array(string()),
  development: boolean(),
})
