import { useRef, useState, type ReactElement } from 'react'
import type { User } from '@latchkey/browser'
import { client } from '../client.ts'
import { useConfig } from '../config.ts'
import { emailProblem, missing, problemsOf } from '../fields/checks.ts'
import { CodeField } from '../fields/code-field.tsx'
import { Form, FormNotice, SubmitButton, useForm } from '../fields/form.tsx'
import { NewEmailField } from '../fields/email-field.tsx'
import { Button } from '../layout/button.tsx'
import { Notice } from '../layout/notice.tsx'
import { texts } from '../texts/texts.ts'
import { Section } from './section.tsx'

/** `address`: where the code went. */
type Step =
  | { readonly step: 'closed' }
  | { readonly step: 'address' }
  | { readonly step: 'code'; readonly of: 'change' | 'verify'; readonly attempt: string; readonly address: string }

export function EmailSection(props: { readonly user: User; readonly reload: () => Promise<void> }): ReactElement {
  const { user } = props
  const [now, go] = useState<Step>({ step: 'closed' })
  const [done, setDone] = useState<string>()
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)
  const toggle = useRef<HTMLButtonElement>(null)

  const verify = async (): Promise<void> => {
    setBusy(true)
    const result = await client.requestEmailVerification()
    setBusy(false)
    if (result.ok) go({ step: 'code', of: 'verify', attempt: result.attempt, address: user.email })
    else setProblem(texts.problem(result.code))
  }
  const finish = async (what: string): Promise<void> => {
    await props.reload()
    go({ step: 'closed' })
    setDone(what)
    toggle.current?.focus()
  }

  return (
    <Section
      title={texts.email.title}
      lead={
        <>
          {user.email}{' '}
          <span
            className={`ml-1 inline-block rounded-full px-2 py-0.5 text-xs font-medium ${
              user.emailVerified ? 'bg-fine-soft text-fine' : 'bg-brass-soft text-brass'
            }`}
          >
            {user.emailVerified ? texts.account.verified : texts.account.unverified}
          </span>
        </>
      }
      action={
        <>
          {!user.emailVerified && now.step === 'closed' && (
            <Button kind="small" busy={busy} onClick={() => void verify()}>
              {texts.email.verify}
            </Button>
          )}
          <Button
            ref={toggle}
            kind="small"
            expanded={now.step !== 'closed'}
            label={now.step === 'closed' ? texts.email.changeLabel : texts.account.cancel}
            onClick={() => {
              go(now.step === 'closed' ? { step: 'address' } : { step: 'closed' })
              setDone(undefined)
              setProblem(undefined)
            }}
          >
            {now.step === 'closed' ? texts.email.change : texts.account.cancel}
          </Button>
        </>
      }
    >
      <Notice tone="danger" className="mt-5">
        {problem !== undefined && <p>{problem}</p>}
      </Notice>
      <Notice tone="fine" className="mt-5">
        {done !== undefined && <p>{done}</p>}
      </Notice>
      {now.step === 'address' && (
        <AddressForm onSent={(attempt, address) => go({ step: 'code', of: 'change', attempt, address })} />
      )}
      {now.step === 'code' && (
        <CodeForm
          key={now.attempt}
          {...now}
          onDone={() => void finish(now.of === 'change' ? texts.email.changed(now.address) : texts.email.verifiedNow)}
          onOver={() => {
            go({ step: 'closed' })
            setProblem(texts.problem('attempt_over'))
          }}
        />
      )}
    </Section>
  )
}

function AddressForm(props: { readonly onSent: (attempt: string, address: string) => void }): ReactElement {
  const form = useForm()
  return (
    <div className="mt-6 max-w-sm animate-appear">
      <Form
        form={form}
        onSubmit={(value) => {
          const email = value('email').trim()
          void form.submit(problemsOf({ email: emailProblem(email) }), async () => {
            const result = await client.changeEmail({ email })
            if (!result.ok) return result
            props.onSent(result.attempt, email)
            return undefined
          })
        }}
      >
        <NewEmailField label={texts.email.newAddress} hint={texts.email.hint} />
        <FormNotice />
        <SubmitButton>{texts.email.sendCode}</SubmitButton>
      </Form>
    </div>
  )
}

function CodeForm(props: {
  readonly of: 'change' | 'verify'
  readonly attempt: string
  readonly address: string
  readonly onDone: () => void
  readonly onOver: () => void
}): ReactElement {
  const form = useForm()
  const digits = useConfig().methods['email-code']?.digits ?? 6
  const { attempt } = props
  return (
    <div className="mt-6 max-w-sm animate-appear">
      <Form
        form={form}
        retry="code"
        onSubmit={(value) => {
          const code = value('code')
          void form.submit(problemsOf({ code: missing(code) }), async () => {
            const result = await (props.of === 'change'
              ? client.confirmEmailChange({ attempt, code })
              : client.verifyEmail({ attempt, code }))
            if (result.ok) props.onDone()
            else if (result.code === 'attempt_over') props.onOver()
            else return result
            return undefined
          })
        }}
      >
        <p className="mb-5 text-sm text-muted">
          {texts.code.sentTo} <strong className="font-medium text-ink">{props.address}</strong>.
        </p>
        <CodeField digits={digits} hint={texts.code.hint} onComplete={() => form.element.current?.requestSubmit()} />
        <FormNotice words={{ wrong_code: texts.email.wrongCode }} />
        <SubmitButton>{texts.code.submit}</SubmitButton>
      </Form>
    </div>
  )
}
