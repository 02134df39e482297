import type { Config } from '@latchkey/browser'
import { redirectTarget } from './redirect-target.ts'
import { navigate } from './router.tsx'
import { rememberSignedIn } from './signed-in-hint.ts'

/** After a sign-in: where the person wanted to go, if that is ours; without it the account is shown. */
export function arrive(redirectTo: string | undefined, { redirectOrigins }: Pick<Config, 'redirectOrigins'>): void {
  rememberSignedIn()
  const { origin } = window.location
  const target = redirectTo === undefined ? undefined : redirectTarget(redirectTo, { origin, redirectOrigins })
  // Replaced, so that “back” does not lead to a code that is spent.
  if (target === undefined) navigate('/', { replace: true })
  else window.location.replace(target)
}
