import { isPattern } from './password-pattern.ts'

/**
 * Whether this is one of the passwords that everybody tries first (ASVS 6.2.4), in any case, or so plain a pattern that lists of them
 * need not spell it out. The list is loaded with the first question.
 */
export async function isCommonPassword(password: string): Promise<boolean> {
  const text = password.toLowerCase()
  const list = await (loading ??= load())
  return list.has(text) || isPattern(text, (unit) => list.has(unit))
}

let loading: Promise<ReadonlySet<string>> | undefined

async function load(): Promise<ReadonlySet<string>> {
  const { frontCodedPasswords } = await import('./common-passwords.data.ts')
  return decode(frontCodedPasswords)
}

/** Sorted words, each as the number of characters that it shares with the one before (base 36) and the rest. */
function decode(frontCoded: string): ReadonlySet<string> {
  const words = new Set<string>()
  let previous = ''
  for (const entry of frontCoded.split(/\s+/)) {
    if (entry === '') continue
    previous = previous.slice(0, Number.parseInt(entry.charAt(0), 36)) + entry.slice(1)
    words.add(previous)
  }
  return words
}
