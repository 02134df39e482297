/** The texts are English; the order of day and month is the reader's, where their browser speaks English. */
const locale = navigator.languages.find((language) => language.startsWith('en')) ?? 'en-GB'

const steps: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
]

/** Like “3 minutes ago”; under a minute “now”. */
export function relativeTime(at: string, now: number): string {
  const seconds = (Date.parse(at) - now) / 1_000
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  for (const [unit, length] of steps) {
    if (Math.abs(seconds) >= length) return format.format(Math.round(seconds / length), unit)
  }
  return format.format(0, 'second')
}

export function longDate(at: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'long' }).format(new Date(at))
}

export function dateAndTime(at: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(at))
}

export function timeOfDay(at: number): string {
  return new Intl.DateTimeFormat(locale, { timeStyle: 'short' }).format(new Date(at))
}
