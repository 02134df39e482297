import type { FactorId, NeedsFactor } from '@latchkey/browser'
import type { Fragment } from './fragment.ts'
import { currentPath, navigate } from './router.tsx'

/** What the code page works on. The handle alone opens nothing: the server also wants the HttpOnly cookie that came with it. */
export interface PendingAttempt {
  /** `link`: somebody came from a provider whose address belongs to an account here, which is to be proved. */
  readonly purpose: 'sign-up' | 'sign-in' | 'step-up' | 'link'
  readonly attempt: string
  readonly factors: readonly FactorId[]
  readonly sentTo?: string
  /** Where the person wanted to go; unjudged, since it may have stood in the address of the page. */
  readonly redirectTo?: string
  /** Id of the provider that the person came from. */
  readonly provider?: string
}

const key = 'latchkey.attempt'

export function beginAttempt(purpose: PendingAttempt['purpose'], answer: NeedsFactor): void {
  keep({ purpose, ...pick(answer) })
  navigate('/code')
}

/** The next proof of the same attempt. */
export function continueAttempt(before: PendingAttempt, answer: NeedsFactor): PendingAttempt {
  return keep({ ...before, sentTo: undefined, ...pick(answer) })
}

/** One that a provider's sign-in led to: it comes in the address of the page, `factors` as a list with commas. */
export function adoptAttempt({ attempt, factors, sentTo, redirectTo, provider }: Fragment): void {
  const purpose = { '/code': 'sign-in', '/sign-in/link': 'link' }[currentPath()] as
    | PendingAttempt['purpose']
    | undefined
  if (purpose === undefined || attempt === undefined || factors === undefined) return
  // No cookie of this browser binds it (challenge/handle.ts): it is of a client that carries its attempts itself, and so of whoever made this address.
  // Finishing it would make an account, or bind an identity, for that one.
  if (attempt.endsWith('.u')) return
  keep({ purpose, attempt, factors: factors.split(',') as FactorId[], sentTo, redirectTo, provider })
}

function pick({ attempt, factors, sentTo, redirectTo }: NeedsFactor): Omit<PendingAttempt, 'purpose'> {
  return { attempt, factors, ...(sentTo && { sentTo }), ...(redirectTo && { redirectTo }) }
}

type Given = { readonly [Field in keyof PendingAttempt]: PendingAttempt[Field] | undefined }

/** Kept for this tab alone, so that a reload does not cost the person a second mail. What is undefined is left out. */
function keep(given: Given): PendingAttempt {
  const text = JSON.stringify(given)
  window.sessionStorage.setItem(key, text)
  return JSON.parse(text) as PendingAttempt
}

export function pendingAttempt(): PendingAttempt | undefined {
  const text = window.sessionStorage.getItem(key)
  return text === null ? undefined : (JSON.parse(text) as PendingAttempt)
}

export function endAttempt(): void {
  window.sessionStorage.removeItem(key)
}
