import { useState, type ReactElement } from 'react'
import { client } from '../client.ts'
import { useConfig } from '../config.ts'
import { formatWait, useSecondsLeft } from '../countdown.ts'
import { missing, problemsOf } from '../fields/checks.ts'
import { CodeField } from '../fields/code-field.tsx'
import { Countdown, Form, FormNotice, SubmitButton, useForm } from '../fields/form.tsx'
import { Button } from '../layout/button.tsx'
import { Heading } from '../layout/heading.tsx'
import { Notice } from '../layout/notice.tsx'
import { texts } from '../texts/texts.ts'
import type { FactorProps } from './factor.ts'

const defaultDigits = 6

export function EmailCodeFactor({ pending, onResult }: FactorProps): ReactElement {
  const form = useForm()
  const digits = useConfig().methods['email-code']?.digits ?? defaultDigits
  const { attempt, sentTo, purpose } = pending
  return (
    <>
      <Heading lead={sentTo === undefined ? texts.code.sent : <SentTo address={sentTo} />} takesFocus={false}>
        {purpose === 'step-up' ? texts.code.titleStepUp : texts.code.title}
      </Heading>
      <Form
        form={form}
        retry="code"
        onSubmit={(value) => {
          const code = value('code')
          void form.submit(problemsOf({ code: missing(code) }), async () =>
            onResult(await client.finishEmailCode({ attempt, code })),
          )
        }}
      >
        <CodeField digits={digits} hint={texts.code.hint} onComplete={() => form.element.current?.requestSubmit()} />
        <FormNotice />
        <SubmitButton>{texts.code.submit}</SubmitButton>
      </Form>
      <Resend attempt={attempt} onOver={() => onResult({ ok: false, code: 'attempt_over', status: 401 })} />
    </>
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
