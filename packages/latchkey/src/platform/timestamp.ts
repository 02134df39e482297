import { dayMs, hourMs, minuteMs, secondMs } from './clock.ts'

/** ISO 8601 in UTC, as instants appear on the wire. Answers are full of them, and nearly all fall on a few days. */
export function toIsoTimestamp(at: number): string {
  const day = Math.floor(at / dayMs)
  const time = at - day * dayMs
  const hours = Math.floor(time / hourMs)
  const minutes = Math.floor((time % hourMs) / minuteMs)
  const seconds = Math.floor((time % minuteMs) / secondMs)
  const millis = Math.floor(time % secondMs)
  return `${dateOf(day)}${two(hours)}:${two(minutes)}:${two(seconds)}.${millis < 100 ? '0' : ''}${two(millis)}Z`
}

const maxDates = 64
const dates = new Map<number, string>()

/** `2026-11-25T` of the days that were asked for last. @throws RangeError beyond what a Date can be */
function dateOf(day: number): string {
  let date = dates.get(day)
  if (date === undefined) {
    date = new Date(day * dayMs).toISOString().slice(0, -'00:00:00.000Z'.length)
    if (dates.size === maxDates) dates.clear()
    dates.set(day, date)
  }
  return date
}

function two(number: number): string {
  return number < 10 ? `0${number}` : String(number)
}

/** As the library's callers get instants. */
export function toDate(at: number): Date {
  return new Date(at)
}
