import type { FieldReason } from '@latchkey/browser'

export type FieldErrors = Readonly<Record<string, FieldReason>>

/**
 * What is plain to see before a request; it saves the person a wait and their budget an attempt. The server decides.
 * Keys whose check found nothing are left out.
 */
export function problemsOf(checks: Readonly<Record<string, FieldReason | undefined>>): FieldErrors {
  return Object.fromEntries(
    Object.entries(checks).filter((entry): entry is [string, FieldReason] => entry[1] !== undefined),
  )
}

export function emailProblem(email: string): FieldReason | undefined {
  if (email.trim() === '') return 'required'
  return /^[^\s@]+@[^\s@]+$/.test(email.trim()) ? undefined : 'invalid'
}

export function missing(value: string): FieldReason | undefined {
  return value === '' ? 'required' : undefined
}

/** Characters are Unicode code points (NIST SP 800-63B-4 section 3.1.1.2). */
export function newPasswordProblem(password: string, minLength: number): FieldReason | undefined {
  if (password === '') return 'required'
  return Array.from(password.normalize('NFC')).length < minLength ? 'too_short' : undefined
}
