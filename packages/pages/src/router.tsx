import { useSyncExternalStore, type MouseEvent, type ReactElement, type ReactNode } from 'react'

/** What one page tells the next; kept in the history entry, so it survives a reload and is gone on the next page. */
export type Notice = 'password_reset' | 'signed_out' | 'session_ended' | 'email_restored' | 'identity_linked'

const listeners = new Set<() => void>()

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  window.addEventListener('popstate', onPopState)
  return () => listeners.delete(listener)
}

function onPopState(): void {
  for (const listener of listeners) listener()
}

export function currentPath(): string {
  return window.location.pathname.replace(/(?<=.)\/+$/, '')
}

export function usePath(): string {
  return useSyncExternalStore(subscribe, currentPath)
}

export function navigate(path: string, options: { readonly replace?: boolean; readonly notice?: Notice } = {}): void {
  const state = options.notice === undefined ? null : { notice: options.notice }
  if (options.replace === true) window.history.replaceState(state, '', path)
  else window.history.pushState(state, '', path)
  window.scrollTo(0, 0)
  onPopState()
}

export function currentNotice(): Notice | undefined {
  const state = window.history.state as { readonly notice?: Notice } | null
  return state?.notice
}

export function Link(props: {
  readonly to: string
  readonly className?: string
  readonly children: ReactNode
}): ReactElement {
  const follow = (event: MouseEvent): void => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0) return
    event.preventDefault()
    navigate(props.to)
  }
  return (
    <a href={props.to} className={props.className} onClick={follow}>
      {props.children}
    </a>
  )
}
