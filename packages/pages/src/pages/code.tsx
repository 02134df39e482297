import { useState, type ReactElement } from 'react'
import { client } from '../client.ts'
import { formatWait, useSecondsLeft } from '../countdown.ts'
import { useConfig } from '../config.ts'
import { missing, problemsOf } from '../fields/checks.ts'
import { CodeField } from '../fields/code-field.tsx'
import { Countdown, Form, FormNotice, SubmitButton, useForm } from '../fields/form.tsx'
import { Button } from '../layout/button.tsx'
import { CardPage } from '../layout/card-page.tsx'
import { Heading } from '../layout/heading.tsx'
import { Notice } from '../layout/notice.tsx'
import { endAttempt, pendingAttempt, type PendingAttempt } from '../pending-attempt.ts'
import { Link, navigate } from '../router.tsx'
import { rememberSignedIn } from '../signed-in-hint.ts'
import { texts } from '../texts/texts.ts'

/** Where an attempt was begun, and where the person goes when it is over. */
const origins = {
  'sign-up': { path: '/sign-up', label: texts.code.overSignUp, leave: texts.code.startAgain },
  'sign-in': { path: '/sign-in', label: texts.code.overSignIn, leave: texts.code.startAgain },
  'step-up': { path: '/', label: texts.code.overAccount, leave: texts.code.cancel },
} as const satisfies Record<PendingAttempt['purpose'], unknown>

export function CodePage(): ReactElement {
  const [pending, setPending] = useState(pendingAttempt)
  const [origin] = useState(() => origins[pending?.purpose ?? 'sign-in'])
  if (pending === undefined) {
    return (
      <CardPage>
        <Heading lead={texts.code.over}>{texts.code.overTitle}</Heading>
        <Link to={origin.path} className="link">
          {origin.label}
        </Link>
      </CardPage>
    )
  }
  const over = (): void => {
    endAttempt()
    setPending(undefined)
  }
  return <PendingCode pending={pending} origin={origin} onOver={over} />
}

function PendingCode(props: {
  readonly pending: PendingAttempt
  readonly origin: (typeof origins)[PendingAttempt['purpose']]
  readonly onOver: () => void
}): ReactElement {
  const form = useForm()
  const digits = useConfig().methods['email-code']?.digits ?? 6
  const { attempt, sentTo, factors, purpose } = props.pending
  const lead = sentTo === undefined ? texts.code.sent : <SentTo address={sentTo} />
  return (
    <CardPage
      waitsForMail
      below={
        <Link to={props.origin.path} className="link">
          {props.origin.leave}
        </Link>
      }
    >
      <Heading lead={lead} takesFocus={!factors.includes('email_code')}>
        {purpose === 'step-up' ? texts.code.titleStepUp : texts.code.title}
      </Heading>
      {factors.includes('email_code') ? (
        <>
          <Form
            form={form}
            retry="code"
            onSubmit={(value) => {
              const code = value('code')
              void form.submit(problemsOf({ code: missing(code) }), async () => {
                const result = await client.finishEmailCode({ attempt, code })
                if (!result.ok) {
                  if (result.code !== 'attempt_over') return result
                  props.onOver()
                } else if (result.status === 'signed_in') {
                  endAttempt()
                  rememberSignedIn()
                  // Replaced, so that “back” does not lead to a code that is spent.
                  navigate('/', { replace: true })
                }
                return undefined
              })
            }}
          >
            <CodeField
              digits={digits}
              hint={texts.code.hint}
              onComplete={() => form.element.current?.requestSubmit()}
            />
            <FormNotice />
            <SubmitButton>{texts.code.submit}</SubmitButton>
          </Form>
          <Resend attempt={attempt} onOver={props.onOver} />
        </>
      ) : (
        <p className="text-muted">{texts.code.otherFactor}</p>
      )}
    </CardPage>
  )
}

function SentTo(props: { readonly address: string }): ReactElement {
  return (
    <>
      {texts.code.sentTo} <strong className="font-medium text-ink">{props.address}</strong>.
    </>
  )
}

/** A mail takes a while; a second one that overtakes it helps nobody. */
const cooldownMs = 30_000

function Resend(props: { readonly attempt: string; readonly onOver: () => void }): ReactElement {
  const [readyAt, setReadyAt] = useState(() => Date.now() + cooldownMs)
  const [message, setMessage] = useState<{ readonly tone: 'danger' | 'fine'; readonly text: string }>()
  const [busy, setBusy] = useState(false)
  const secondsLeft = useSecondsLeft(readyAt)

  const resend = async (): Promise<void> => {
    setBusy(true)
    setMessage(undefined)
    const result = await client.resendEmailCode({ attempt: props.attempt })
    setBusy(false)
    if (result.ok) {
      setReadyAt(Date.now() + cooldownMs)
      setMessage({ tone: 'fine', text: texts.code.resent })
    } else if (result.code === 'attempt_over') props.onOver()
    else {
      if (result.code === 'rate_limited' || result.code === 'unavailable') {
        setReadyAt(Date.now() + result.retryAfterSeconds * 1_000)
      }
      setMessage({ tone: 'danger', text: texts.problem(result.code) })
    }
  }

  return (
    <div className="mt-3 text-center">
      <Notice tone="danger">{message?.tone === 'danger' && <p>{message.text}</p>}</Notice>
      <Notice tone="fine">{message?.tone === 'fine' && <p>{message.text}</p>}</Notice>
      <Button kind="text" busy={busy} blocked={secondsLeft > 0} onClick={() => void resend()}>
        {secondsLeft > 0 ? <Countdown>{texts.code.resendIn(formatWait(secondsLeft))}</Countdown> : texts.code.resend}
      </Button>
    </div>
  )
}
