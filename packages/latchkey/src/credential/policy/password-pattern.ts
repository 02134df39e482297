/** Longer ones are not on any list, and whoever types 64 of them means it. */
const longestPattern = 20
const shortestRun = 3
const shortestUnit = 4

/** What fingers do on a keyboard, and counting; each is read forwards and backwards. */
const tracks = [
  '01234567890',
  'abcdefghijklmnopqrstuvwxyz',
  'qwertyuiop[]',
  'asdfghjkl;',
  'zxcvbnm,./',
  '!@#$%^&*()',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/',
  '1qazxsw23edcvfr45tgbnhy67ujm',
  'qazwsxedcrfvtgbyhnujmikolp',
  'q1w2e3r4t5y6u7i8o9p0',
  '1q2w3e4r5t6y7u8i9o0p',
].flatMap((track) => [track, Array.from(track).toReversed().join('')])

const day = '(?:0[1-9]|[12]\\d|3[01])'
const month = '(?:0[1-9]|1[0-2])'
const year = '(?:19|20)\\d\\d'
const date = new RegExp(`^(?:${day}${month}${year}|${month}${day}${year}|${year}${month}${day})$`)

/**
 * Whether a lower-cased password of up to 20 ASCII characters is a date in digits, a repetition (`abcabcabc`, `passwordpassword`), or
 * nothing but runs of counting, one key, or neighbouring keys (`123456789987654321`, `aaaaaaaa`, `qwerty12345`). The list of common
 * passwords leaves these out.
 */
export function isPattern(text: string, isCommon: (unit: string) => boolean): boolean {
  if (text.length > longestPattern || !/^[\x21-\x7e]+$/.test(text)) return false
  return date.test(text) || isOfRuns(text) || isRepetition(text, isCommon)
}

function isRepetition(text: string, isCommon: (unit: string) => boolean): boolean {
  for (let period = 1; period <= text.length / 2; period++) {
    if (!isPeriodic(text, period)) continue
    const unit = text.slice(0, period)
    if (period <= shortestUnit || isCommon(unit) || isOfRuns(unit)) return true
  }
  return false
}

function isPeriodic(text: string, period: number): boolean {
  return text.slice(period) === text.slice(0, -period)
}

/** Greedy is enough: a run that could be longer is never worse for what follows than a shorter one, down to runs of three. */
function isOfRuns(text: string): boolean {
  let at = 0
  while (at < text.length) {
    const length = runLength(text, at)
    if (length < shortestRun) return false
    at += length
  }
  return true
}

function runLength(text: string, at: number): number {
  let longest = 1
  while (text[at + longest] === text[at]) longest++
  for (const track of tracks) {
    let length = longest
    while (at + length < text.length && track.includes(text.slice(at, at + length + 1))) length++
    longest = length
  }
  return longest
}
