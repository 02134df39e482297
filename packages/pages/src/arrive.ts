import { navigate } from './router.tsx'
import { rememberSignedIn } from './signed-in-hint.ts'

/** After a sign-in. `redirectTo` comes from the server, which lets nobody lead people away; without it the account is shown. */
export function arrive(redirectTo: string | undefined): void {
  rememberSignedIn()
  // Replaced, so that “back” does not lead to a code that is spent.
  if (redirectTo === undefined || !/^(\/|https?:\/\/)/.test(redirectTo)) navigate('/', { replace: true })
  else window.location.replace(redirectTo)
}
