import { useCallback, useSyncExternalStore } from 'react'
import { texts } from './texts/texts.ts'

function everyQuarterSecond(listener: () => void): () => void {
  const timer = setInterval(listener, 250)
  return () => clearInterval(timer)
}

function nothing(): () => void {
  return () => undefined
}

/** Whole seconds left until `until` (epoch milliseconds); 0 when it is over or there is nothing to wait for. */
export function useSecondsLeft(until: number | undefined): number {
  const secondsLeft = useCallback(
    () => (until === undefined ? 0 : Math.max(0, Math.ceil((until - Date.now()) / 1_000))),
    [until],
  )
  return useSyncExternalStore(until === undefined ? nothing : everyQuarterSecond, secondsLeft)
}

export function formatWait(seconds: number): string {
  if (seconds < 60) return texts.waiting.seconds(seconds)
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes}:${twoDigits(seconds % 60)}`
  return texts.waiting.hours(Math.floor(minutes / 60), twoDigits(minutes % 60))
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
