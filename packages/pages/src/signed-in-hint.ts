/**
 * Whether somebody signed in here before. It proves nothing; it spares every visitor of the sign-in page a request that would be
 * answered 401, and tells the other tabs of a sign-out.
 */
const key = 'latchkey.signed-in'

export function rememberSignedIn(): void {
  window.localStorage.setItem(key, '1')
}

export function forgetSignedIn(): void {
  window.localStorage.removeItem(key)
}

export function wasSignedIn(): boolean {
  return window.localStorage.getItem(key) !== null
}

export function onSignedOutElsewhere(listener: () => void): () => void {
  const check = (event: StorageEvent): void => {
    if (event.key === key && event.newValue === null) listener()
  }
  window.addEventListener('storage', check)
  return () => window.removeEventListener('storage', check)
}
