import type { MessageTemplate } from './message.ts'

/**
 * What each template is given. Sealed while it waits, destroyed when the message has left. Links wait as paths and become whole where the mail is
 * written: the command line and other nodes queue mails too, and only the node that sends is sure to know where people reach it.
 */
export interface MessageData {
  'sign-up-code': CodeData
  'sign-in-code': CodeData
  'new-device-code': CodeData & OriginData
  'email-verify-code': CodeData
  /** Someone tried to register an address that has an account. */
  'sign-up-known': Record<never, never>
  /** Someone asked to sign in or reset with an address that has no account. */
  'no-account': Record<never, never>
  /** `code`: for where the reset was asked for; `null` when somebody else asked on behalf of the person. */
  'password-reset': { readonly link: string; readonly expiresInMinutes: number; readonly code: CodeData | null }
  'password-changed': OriginData
  'new-sign-in': OriginData
  'refresh-replayed': OriginData
  'account-blocked': Record<never, never>
  'too-many-failures': OriginData
  'magic-link': CodeData & { readonly link: string }
  'email-change-code': CodeData
  /** Someone tried to make it the address of another account. */
  'email-change-known': Record<never, never>
  /** To the old address: where mails go from now on (masked), and the way back. */
  'email-changed': OriginData & {
    readonly newAddress: string
    readonly undoLink: string
    readonly undoWithinHours: number
  }
  /** To the new address. */
  'email-welcome': OriginData
  /** To both addresses: which one is in use again (masked). */
  'email-restored': OriginData & { readonly address: string }
  'factor-added': OriginData & { readonly factor: 'totp' | 'passkey' | 'identity' }
  'factor-removed': OriginData & { readonly factor: 'totp' | 'passkey' | 'identity' }
  'recovery-codes-regenerated': OriginData
  'recovery-codes-low': { readonly left: number }
  /** Where the administrator was is not the person's to see. */
  'factors-reset': { readonly at: number }
  /** `at`: when it will happen. */
  'factors-reset-scheduled': { readonly at: number }
}

export interface CodeData {
  readonly code: string
  readonly expiresInMinutes: number
}

/** Where something came from, told to the account's owner. */
export interface OriginData {
  readonly ip: string | null
  readonly userAgent: string | null
  readonly at: number
}

export type MessageOf<Template extends MessageTemplate> = {
  readonly template: Template
  readonly data: MessageData[Template]
}
export type AnyMessage = { readonly [Template in MessageTemplate]: MessageOf<Template> }[MessageTemplate]
