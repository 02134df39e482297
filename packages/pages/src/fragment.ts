import { useSyncExternalStore } from 'react'
import { currentPath } from './router.tsx'

/** Pages that are opened with something in the address that must not stay there: a secret of a mail or a terminal, or what a provider's sign-in led to. */
const paths: readonly string[] = [
  '/reset/confirm',
  '/admin-link',
  '/magic-link',
  '/email/undo',
  '/sign-in',
  '/sign-in/link',
  '/code',
  '/identities/confirm',
]

/** Fields behind `#`, as `name=value&…`. */
export type Fragment = Readonly<Record<string, string>>

const nothing: Fragment = {}
let fragment = nothing
const listeners = new Set<() => void>()

function set(next: Fragment): void {
  fragment = next
  for (const listener of listeners) listener()
}

/**
 * Takes the fields out of the address bar and the history before anything else runs, and keeps them in memory alone: not on a shoulder's
 * screen, not in a bookmark, not in a referrer, gone with the page.
 */
export function takeFragment(): Fragment {
  if (!paths.includes(currentPath())) return nothing
  const { hash, search, pathname } = window.location
  if (hash === '' && search === '') return fragment
  const token = new URLSearchParams(search).get('token')
  const found = Object.fromEntries(new URLSearchParams(hash.slice(1)))
  window.history.replaceState(window.history.state, '', pathname)
  if (hash !== '' || token !== null) set({ ...(token === null ? {} : { token }), ...found })
  return fragment
}

/** A second link opened in the same tab changes only the part after `#`, which loads no page. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  window.addEventListener('hashchange', takeFragment)
  return () => listeners.delete(listener)
}

export function useFragment(): Fragment {
  return useSyncExternalStore(subscribe, () => fragment)
}

export function forgetFragment(): void {
  set(nothing)
}
