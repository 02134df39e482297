import { useSyncExternalStore } from 'react'
import { currentPath } from './router.tsx'

/** Pages that are opened with a secret in the address, from a mail or from the terminal. */
const pathsWithToken: readonly string[] = ['/reset/confirm', '/admin-link']

let token: string | undefined
const listeners = new Set<() => void>()

/**
 * Takes the token out of the address bar and the history before anything else runs, and keeps it in memory alone: not on a shoulder's
 * screen, not in a bookmark, not in a referrer, gone with the page.
 */
export function takeLinkToken(): void {
  if (!pathsWithToken.includes(currentPath())) return
  const { hash, search, pathname } = window.location
  const found = new URLSearchParams(hash.slice(1)).get('token') ?? new URLSearchParams(search).get('token')
  if (hash !== '' || search !== '') window.history.replaceState(window.history.state, '', pathname)
  if (found === null) return
  token = found
  for (const listener of listeners) listener()
}

/** A second link opened in the same tab changes only the part after `#`, which loads no page. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  window.addEventListener('hashchange', takeLinkToken)
  return () => listeners.delete(listener)
}

export function useLinkToken(): string | undefined {
  return useSyncExternalStore(subscribe, () => token)
}

export function forgetLinkToken(): void {
  token = undefined
  for (const listener of listeners) listener()
}
