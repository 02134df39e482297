import { emailCode } from '../methods/email-code/index.ts'
import { magicLink } from '../methods/magic-link/index.ts'
import type { Method } from '../methods/method.ts'
import { oauth } from '../methods/oauth/index.ts'
import type { Provider } from '../methods/oauth/provider.ts'
import { oidc } from '../methods/oauth/providers/oidc.ts'
import { passkey } from '../methods/passkey/index.ts'
import { password } from '../methods/password/index.ts'
import { recoveryCode } from '../methods/recovery-code/index.ts'
import { totp } from '../methods/totp/index.ts'

/** Every way in that there is: for what has to hold for all of them, and for the documents. */
export function everyMethod(providers: readonly Provider[] = [aProvider()]): readonly Method[] {
  return [password(), emailCode(), magicLink(), totp(), recoveryCode(), passkey(), oauth({ providers })]
}

/** A provider that nobody calls. */
function aProvider(): Provider {
  return oidc({
    id: 'acme',
    name: 'Acme',
    issuer: 'https://login.example.com',
    clientId: 'latchkey',
    clientSecret: 'nothing-is-ever-asked-there',
  })
}
