import { useState, type ReactElement } from 'react'
import { client } from '../client.ts'
import { useConfig, useMinLength } from '../config.ts'
import { emailProblem, missing, newPasswordProblem, problemsOf } from '../fields/checks.ts'
import { CodeField } from '../fields/code-field.tsx'
import { EmailField } from '../fields/email-field.tsx'
import { Form, FormNotice, SubmitButton, useForm } from '../fields/form.tsx'
import { PasswordField } from '../fields/password-field.tsx'
import { Button } from '../layout/button.tsx'
import { CardPage } from '../layout/card-page.tsx'
import { Heading } from '../layout/heading.tsx'
import { Link, navigate } from '../router.tsx'
import { forgetSignedIn } from '../signed-in-hint.ts'
import { texts } from '../texts/texts.ts'

interface Sent {
  readonly email: string
  readonly attempt: string
}

export function ResetPage(): ReactElement {
  const [sent, setSent] = useState<Sent>()
  const [over, setOver] = useState(false)
  const back = (
    <Link to="/sign-in" className="link">
      {texts.reset.back}
    </Link>
  )
  if (sent === undefined) {
    return (
      <CardPage below={back}>
        <RequestForm
          onSent={(next) => {
            setSent(next)
            setOver(false)
          }}
        />
      </CardPage>
    )
  }
  return (
    <CardPage below={back} waitsForMail={!over}>
      <Heading
        key={over ? 'over' : 'sent'}
        lead={over ? texts.code.over : texts.reset.sent(sent.email)}
        takesFocus={over}
      >
        {over ? texts.code.overTitle : texts.reset.sentTitle}
      </Heading>
      {!over && <CodeForm attempt={sent.attempt} onOver={() => setOver(true)} />}
      <Button kind={over ? 'primary' : 'text'} onClick={() => setSent(undefined)}>
        {texts.reset.again}
      </Button>
    </CardPage>
  )
}

/** The mail has a code beside its link: for whoever reads it on another device than this one. */
function CodeForm(props: { readonly attempt: string; readonly onOver: () => void }): ReactElement {
  const form = useForm()
  const minLength = useMinLength()
  return (
    <Form
      form={form}
      retry="code"
      onSubmit={(value) => {
        const code = value('code')
        const password = value('password')
        const checked = problemsOf({ code: missing(code), password: newPasswordProblem(password, minLength) })
        void form.submit(checked, async () => {
          const result = await client.resetPassword({ attempt: props.attempt, code, password })
          if (result.ok) {
            forgetSignedIn()
            navigate('/sign-in', { replace: true, notice: 'password_reset' })
          } else if (result.code === 'attempt_over') props.onOver()
          else return result
          return undefined
        })
      }}
    >
      <CodeField
        digits={useConfig().methods['email-code']?.digits ?? 6}
        hint={texts.reset.codeHint}
        onComplete={() => {
          const password = form.element.current?.elements.namedItem('password')
          if (password instanceof HTMLInputElement) password.focus()
        }}
      />
      <PasswordField
        name="password"
        label={texts.fields.newPassword}
        autoComplete="new-password"
        hint={texts.fields.passwordHint(minLength)}
      />
      <FormNotice words={{ wrong_code: texts.reset.wrongCode }} />
      <SubmitButton>{texts.resetConfirm.submit}</SubmitButton>
    </Form>
  )
}

function RequestForm(props: { readonly onSent: (sent: Sent) => void }): ReactElement {
  const form = useForm()
  return (
    <>
      <Heading lead={texts.reset.lead}>{texts.reset.title}</Heading>
      <Form
        form={form}
        onSubmit={(value) => {
          const email = value('email').trim()
          void form.submit(problemsOf({ email: emailProblem(email) }), async () => {
            const result = await client.requestPasswordReset({ email })
            if (!result.ok) return result
            props.onSent({ email, attempt: result.attempt })
            return undefined
          })
        }}
      >
        <EmailField />
        <FormNotice />
        <SubmitButton>{texts.reset.submit}</SubmitButton>
      </Form>
    </>
  )
}
