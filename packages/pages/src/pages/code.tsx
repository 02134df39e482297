import { useState, type ReactElement } from 'react'
import type { SignInResult } from '@latchkey/browser'
import { EmailCodeFactor } from '../factors/email-code.tsx'
import type { FactorProps } from '../factors/factor.ts'
import { PasswordFactor } from '../factors/password.tsx'
import { CardPage } from '../layout/card-page.tsx'
import { Heading } from '../layout/heading.tsx'
import { continueAttempt, endAttempt, pendingAttempt, type PendingAttempt } from '../pending-attempt.ts'
import { Link, navigate } from '../router.tsx'
import { rememberSignedIn } from '../signed-in-hint.ts'
import { texts } from '../texts/texts.ts'

/** Where an attempt was begun, and where the person goes when it is over. */
const origins = {
  'sign-up': { path: '/sign-up', label: texts.code.overSignUp, leave: texts.code.startAgain },
  'sign-in': { path: '/sign-in', label: texts.code.overSignIn, leave: texts.code.startAgain },
  'step-up': { path: '/', label: texts.code.overAccount, leave: texts.code.cancel },
} as const satisfies Record<PendingAttempt['purpose'], unknown>

/** In the order in which they are offered; the first that the server accepts is asked for. */
const factors: readonly (readonly [string, (props: FactorProps) => ReactElement])[] = [
  ['email_code', EmailCodeFactor],
  ['password', PasswordFactor],
]

/** Asks for the next proof of a pending attempt until the server says that it is enough. */
export function CodePage(): ReactElement {
  const [pending, setPending] = useState(pendingAttempt)
  const [origin] = useState(() => origins[pending?.purpose ?? 'sign-in'])
  if (pending === undefined) {
    return (
      <CardPage>
        <Heading key="over" lead={texts.code.over}>
          {texts.code.overTitle}
        </Heading>
        <Link to={origin.path} className="link">
          {origin.label}
        </Link>
      </CardPage>
    )
  }

  const onResult: FactorProps['onResult'] = (result: SignInResult) => {
    if (!result.ok) {
      if (result.code !== 'attempt_over') return result
      endAttempt()
      setPending(undefined)
    } else if (result.status === 'needs_factor') setPending(continueAttempt(pending.purpose, result))
    else {
      endAttempt()
      rememberSignedIn()
      // Replaced, so that “back” does not lead to a code that is spent.
      navigate('/', { replace: true })
    }
    return undefined
  }

  const [name, Factor] = factors.find(([factor]) => pending.factors.includes(factor)) ?? []
  return (
    <CardPage
      waitsForMail={name === 'email_code'}
      below={
        <Link to={origin.path} className="link">
          {origin.leave}
        </Link>
      }
    >
      {Factor === undefined ? (
        <Heading lead={texts.code.otherFactor}>{texts.code.titleStepUp}</Heading>
      ) : (
        <Factor key={pending.attempt + name} pending={pending} onResult={onResult} />
      )}
    </CardPage>
  )
}
