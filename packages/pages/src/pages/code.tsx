import { useState, type ReactElement } from 'react'
import type { SignInResult } from '@latchkey/browser'
import { arrive } from '../arrive.ts'
import { useConfig, useProviderName } from '../config.ts'
import type { FactorProps } from '../factors/factor.ts'
import { OtherFactors } from '../factors/other-factors.tsx'
import { useFactor } from '../factors/use-factor.ts'
import { CardPage } from '../layout/card-page.tsx'
import { Heading, HeadingPlace } from '../layout/heading.tsx'
import { continueAttempt, endAttempt, pendingAttempt, type PendingAttempt } from '../pending-attempt.ts'
import { Link } from '../router.tsx'
import { texts } from '../texts/texts.ts'

/** Where an attempt was begun, and where the person goes when it is over. */
const origins = {
  'sign-up': { path: '/sign-up', label: texts.code.overSignUp, leave: texts.code.startAgain },
  'sign-in': { path: '/sign-in', label: texts.code.overSignIn, leave: texts.code.startAgain },
  'step-up': { path: '/', label: texts.code.overAccount, leave: texts.code.cancel },
  link: { path: '/sign-in', label: texts.code.overSignIn, leave: texts.code.otherWay },
} as const satisfies Record<PendingAttempt['purpose'], unknown>

/** Asks for the next proof of a pending attempt until the server says that it is enough. */
export function CodePage(): ReactElement {
  const config = useConfig()
  const [pending, setPending] = useState(pendingAttempt)
  const [origin] = useState(() => origins[pending?.purpose ?? 'sign-in'])
  const { id, Factor, others, choose } = useFactor(pending)
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
    } else if (result.status === 'needs_factor') setPending(continueAttempt(pending, result))
    else {
      endAttempt()
      arrive(pending.redirectTo ?? result.redirectTo, config)
    }
    return undefined
  }

  return (
    <CardPage
      waitsForMail={id === 'email_code'}
      below={
        <Link to={origin.path} className="link">
          {pending.purpose === 'sign-in' && id !== 'email_code' ? texts.code.otherWay : origin.leave}
        </Link>
      }
    >
      {pending.purpose === 'link' && <LinkIntroduction provider={pending.provider} />}
      <HeadingPlace value={pending.purpose === 'link' ? 'section' : 'page'}>
        {Factor === undefined ? (
          <Heading lead={texts.code.otherFactor}>{texts.code.titleStepUp}</Heading>
        ) : (
          <Factor key={pending.attempt + id} pending={pending} onResult={onResult} />
        )}
      </HeadingPlace>
      <OtherFactors factors={others} onChoose={choose} />
    </CardPage>
  )
}

/** Says what the proof is for: an account elsewhere gets the keys to this one. */
function LinkIntroduction(props: { readonly provider: string | undefined }): ReactElement {
  const name = useProviderName(props.provider)
  return <Heading lead={texts.link.lead(name)}>{texts.link.title(name)}</Heading>
}
