import type { NeedsFactor } from '@latchkey/browser'
import { navigate } from './router.tsx'

/** What the code page works on. The handle alone opens nothing: the server also wants the HttpOnly cookie that came with it. */
export interface PendingAttempt {
  readonly purpose: 'sign-up' | 'sign-in' | 'step-up'
  readonly attempt: string
  readonly factors: readonly string[]
  readonly sentTo?: string
}

const key = 'latchkey.attempt'

export function beginAttempt(purpose: PendingAttempt['purpose'], answer: NeedsFactor): void {
  continueAttempt(purpose, answer)
  navigate('/code')
}

export function continueAttempt(purpose: PendingAttempt['purpose'], answer: NeedsFactor): PendingAttempt {
  const { attempt, factors, sentTo } = answer
  const pending: PendingAttempt = { purpose, attempt, factors, ...(sentTo === undefined ? {} : { sentTo }) }
  // Kept for this tab alone, so that a reload does not cost the person a second mail.
  window.sessionStorage.setItem(key, JSON.stringify(pending))
  return pending
}

export function pendingAttempt(): PendingAttempt | undefined {
  const text = window.sessionStorage.getItem(key)
  return text === null ? undefined : (JSON.parse(text) as PendingAttempt)
}

export function endAttempt(): void {
  window.sessionStorage.removeItem(key)
}
