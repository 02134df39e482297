import {
  maxLength,
  object,
  array,
  boolean,
  nullable,
  optional,
  picklist,
  pipe,
  regex,
  string,
  transform,
  number,
  type GenericSchema,
} from 'valibot'
import { userAnswer } from '../../methods/fields.ts'

/** Cursor and page size of every list. */
export const cursorField: GenericSchema<string | undefined> = optional(pipe(string(), maxLength(64)))

export const limitField: GenericSchema<string | undefined, number | undefined> = optional(
  pipe(
    string(),
    regex(/^([1-9]\d?|1\d\d|200)$/, 'invalid'),
    transform((text) => Number(text)),
  ),
)

export const flagField: GenericSchema<'true' | 'false' | undefined, boolean | undefined> = optional(
  pipe(
    picklist(['true', 'false']),
    transform((text) => text === 'true'),
  ),
)

export const roleField: GenericSchema<string> = pipe(string(), maxLength(64), regex(/^[a-z][a-z0-9_-]*$/, 'invalid'))

export const adminUserAnswer: GenericSchema = object({
  user: userAnswer,
  blockedAt: nullable(string()),
  blockedReason: nullable(string()),
  emailVerifiedAt: nullable(string()),
})

export const adminUserListAnswer: GenericSchema = object({
  users: array(adminUserAnswer),
  nextCursor: nullable(string()),
})

export const messageListAnswer: GenericSchema = object({
  messages: array(
    object({
      id: string(),
      template: string(),
      recipient: string(),
      status: picklist(['queued', 'sent', 'expired', 'failed']),
      attempts: number(),
      createdAt: string(),
      notAfter: string(),
      nextAttemptAt: string(),
      settledAt: nullable(string()),
      lastError: nullable(string()),
    }),
  ),
  nextCursor: nullable(string()),
})

export const signingKeyListAnswer: GenericSchema = object({
  keys: array(
    object({
      kid: string(),
      state: picklist(['next', 'current', 'previous']),
      algorithm: string(),
      createdAt: string(),
      retiredAt: nullable(string()),
    }),
  ),
})

export const rolesBody: GenericSchema<string[]> = pipe(array(roleField), maxLength(32))
export const verifiedField: GenericSchema<boolean | undefined> = optional(boolean())
