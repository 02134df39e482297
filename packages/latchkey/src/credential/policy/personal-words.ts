import { countCharacters } from '../hashing/raw-password.ts'

/** What an attacker knows about the person and tries first. */
export interface PersonalContext {
  readonly email?: string | null | undefined
  readonly appName: string
  readonly contextWords: readonly string[]
}

/** The address, its local part, the parts of both, the product's name and the configured words. */
export function personalWords({ email, appName, contextWords }: PersonalContext): readonly string[] {
  const [local = '', domain = ''] = email?.split('@') ?? []
  // Without the last label: "com" says nothing about anyone.
  const labels = domain.split('.').slice(0, -1)
  const names = [appName, ...contextWords]
  const parts = [local, ...labels, ...names].flatMap((name) => name.split(/[^\p{L}\p{N}]+/u))
  return [email ?? '', local, domain, ...labels, ...names, ...parts]
}

/** Shorter words are part of too many others. */
const shortestWord = 3
/** So many characters of one's own make a password more than a word with trimmings. */
const enoughOfOnesOwn = 6

/**
 * Whether the password is nothing but these words and trivial additions: separators, years, counting up, and a few characters more.
 * Case and the usual substitutions (0 for o, @ for a) hide nothing.
 */
export function isMadeOf(password: string, words: readonly string[]): boolean {
  const characters = Array.from(fold(password)).filter(isSubstance)
  const plain = characters.map(withoutSubstitution).join('')
  const claimed = claim(plain, words)
  if (claimed.size === 0) return false
  const own = characters.filter((character, index) => !claimed.has(index) && isLetterOrDigit(character)).join('')
  const rest = countCharacters(withoutTrimmings(own))
  return rest < enoughOfOnesOwn && rest <= claimed.size
}

/** Positions of `text` that belong to one of the words, longest words first. */
function claim(text: string, words: readonly string[]): ReadonlySet<number> {
  const claimed = new Set<number>()
  const units = new Set(words.map(plainWord))
  for (const word of [...units].toSorted((a, b) => b.length - a.length)) {
    if (word.length < shortestWord) continue
    for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1)) {
      const positions = Array.from(word, (_, offset) => at + offset)
      if (positions.every((position) => !claimed.has(position))) for (const position of positions) claimed.add(position)
    }
  }
  return claimed
}

function plainWord(word: string): string {
  return Array.from(fold(word)).filter(isSubstance).map(withoutSubstitution).join('')
}

const substitutions: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'l',
  i: 'l',
  '!': 'l',
  '3': 'e',
  '4': 'a',
  '@': 'a',
  '5': 's',
  $: 's',
  '7': 't',
}

const counting = '01234567890 09876543210'

/** Drops years, and digits that count up or down. */
function withoutTrimmings(text: string): string {
  return text.replaceAll(/(?:19|20)\d\d/g, '').replaceAll(/\d+/g, (digits) => (counting.includes(digits) ? '' : digits))
}

function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}

/** One code unit for one character, so that positions in a text are positions in its list of characters. */
function withoutSubstitution(character: string): string {
  return character.length > 1 ? '\ufffd' : (substitutions[character] ?? character)
}

function isLetterOrDigit(character: string): boolean {
  return /[\p{L}\p{N}]/u.test(character)
}

/** Dots, dashes and spaces between words are no substance. */
function isSubstance(character: string): boolean {
  return isLetterOrDigit(character) || Object.hasOwn(substitutions, character)
}
