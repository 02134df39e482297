import { expect, it } from 'vitest'
import { formatWait } from './countdown.ts'

it('says how long a wait is in the smallest words', () => {
  expect(formatWait(1)).toBe('1 s')
  expect(formatWait(59)).toBe('59 s')
  expect(formatWait(60)).toBe('1:00')
  expect(formatWait(725)).toBe('12:05')
  expect(formatWait(3_599)).toBe('59:59')
  expect(formatWait(3_600)).toBe('1 h 00 min')
  expect(formatWait(86_399)).toBe('23 h 59 min')
})
