import { brand, type Brand } from '../../platform/brand.ts'

// What a driver hands out, one column at a time. What is stored was parsed, branded and typed before it was written; reading back
// trusts that for brands and words of closed unions, and checks the kind of every column.

export function number(value: unknown): number {
  if (typeof value === 'number') return value
  throw new TypeError('a column that should hold a number does not')
}

export function text(value: unknown): string {
  if (typeof value === 'string') return value
  throw new TypeError('a column that should hold text does not')
}

export function numberOrNull(value: unknown): number | null {
  return value === null ? null : number(value)
}

export function textOrNull(value: unknown): string | null {
  return value === null ? null : text(value)
}

export function id<Id extends Brand<string, string>>(value: unknown): Id {
  return brand<Id>(text(value))
}

export function idOrNull<Id extends Brand<string, string>>(value: unknown): Id | null {
  return value === null ? null : id<Id>(value)
}

export function word<Word extends string>(value: unknown): Word {
  return text(value) as Word
}

export function wordOrNull<Word extends string>(value: unknown): Word | null {
  return value === null ? null : word<Word>(value)
}
