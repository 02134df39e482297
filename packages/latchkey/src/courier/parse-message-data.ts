import * as v from 'valibot'
import type { AnyMessage, MessageData } from './message-data.ts'
import type { MessageTemplate } from './message.ts'

const code = { code: v.string(), expiresInMinutes: v.number() }
const origin = { ip: v.nullable(v.string()), userAgent: v.nullable(v.string()), at: v.number() }
const factor = v.picklist(['totp', 'passkey', 'identity'])

const schemas = {
  'sign-up-code': v.object(code),
  'sign-up-known': v.object({}),
  'sign-in-code': v.object(code),
  'no-account': v.object({}),
  'new-device-code': v.object({ ...code, ...origin }),
  'email-verify-code': v.object(code),
  'password-reset': v.object({ link: v.string(), expiresInMinutes: v.number(), code: v.nullable(v.object(code)) }),
  'password-changed': v.object(origin),
  'new-sign-in': v.object(origin),
  'refresh-replayed': v.object(origin),
  'account-blocked': v.object({}),
  'too-many-failures': v.object(origin),
  'magic-link': v.object({ ...code, link: v.string() }),
  'email-change-code': v.object(code),
  'email-change-known': v.object({}),
  'email-changed': v.object({ ...origin, newAddress: v.string(), undoLink: v.string(), undoWithinHours: v.number() }),
  'email-welcome': v.object(origin),
  'email-restored': v.object({ ...origin, address: v.string() }),
  'factor-added': v.object({ ...origin, factor }),
  'factor-removed': v.object({ ...origin, factor }),
  'recovery-codes-regenerated': v.object(origin),
  'recovery-codes-low': v.object({ left: v.number() }),
  'factors-reset': v.object({ at: v.number() }),
  'factors-reset-scheduled': v.object({ at: v.number() }),
} as const satisfies { readonly [Template in MessageTemplate]: v.GenericSchema<unknown, MessageData[Template]> }

/** The opened data of an outbox row as what its template is given; `undefined` when it does not fit or the template is not known here. */
export function parseMessageData(template: string, text: string): AnyMessage | undefined {
  if (!Object.hasOwn(schemas, template)) return undefined
  const name = template as MessageTemplate
  const parsed = v.safeParse(schemas[name], parseJson(text))
  return parsed.success ? ({ template: name, data: parsed.output } as AnyMessage) : undefined
}

/** Whether this version can write the mail; a newer node may have queued one that it cannot. */
export function isKnownTemplate(template: string): template is MessageTemplate {
  return Object.hasOwn(schemas, template)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
