import { safeParse, type BaseIssue, type GenericSchema } from 'valibot'
import type { FieldReason } from '../../methods/problem.ts'
import type { Refusal } from '../problem.ts'

export type FieldsResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly refusal: Refusal }

/** Everything wrong at once, each field with a closed reason, so that a form can show it. */
export function checkFields(schema: GenericSchema, input: unknown): FieldsResult {
  const result = safeParse(schema, input, { abortPipeEarly: true })
  if (result.success) return { ok: true, value: result.output }
  const fields: [string, FieldReason][] = []
  for (const issue of result.issues) {
    const name = fieldName(issue)
    if (fields.length < maxFields && !fields.some(([known]) => known === name)) fields.push([name, fieldReason(issue)])
  }
  // Entries, not assignment: a field may be called `__proto__`.
  return { ok: false, refusal: { problem: 'invalid_fields', fields: Object.fromEntries(fields) } }
}

/** The refusal for a body with fields where the route takes none. */
export function unknownField(name: string): Refusal {
  return { problem: 'invalid_fields', fields: Object.fromEntries([[printableName(name), 'unknown_field' as const]]) }
}

const maxFields = 32

function fieldName(issue: BaseIssue<unknown>): string {
  return printableName((issue.path ?? []).map((item) => String(item.key)).join('.'))
}

/** Names of fields are the sender's text too: long or strange ones are not sent back. */
function printableName(name: string): string {
  return /^[A-Za-z0-9_.-]{1,64}$/.test(name) ? name : '?'
}

/** A schema may name the reason itself: `v.maxLength(10, 'too_long')`, `v.check(isAddress, 'invalid')`. */
function fieldReason(issue: BaseIssue<unknown>): FieldReason {
  if (isFieldReason(issue.message)) return issue.message
  if (issue.expected === 'never') return 'unknown_field'
  if (issue.input === undefined) return 'required'
  if (issue.type === 'non_empty' || issue.type.startsWith('min_')) return 'too_short'
  if (issue.type.startsWith('max_')) return 'too_long'
  return 'invalid'
}

const fieldReasons: ReadonlySet<string> = new Set<FieldReason>([
  'required',
  'invalid',
  'too_short',
  'too_long',
  'common',
  'breached',
  'contains_personal_word',
  'unchanged',
  'unknown_field',
])

function isFieldReason(text: string): text is FieldReason {
  return fieldReasons.has(text)
}
