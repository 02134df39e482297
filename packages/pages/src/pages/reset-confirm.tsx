import { useState, type ReactElement } from 'react'
import { client } from '../client.ts'
import { useMinLength } from '../config.ts'
import { newPasswordProblem, problemsOf } from '../fields/checks.ts'
import { Form, FormNotice, SubmitButton, useForm } from '../fields/form.tsx'
import { PasswordField } from '../fields/password-field.tsx'
import { CardPage } from '../layout/card-page.tsx'
import { Heading } from '../layout/heading.tsx'
import { forgetFragment, useFragment } from '../fragment.ts'
import { Link, navigate } from '../router.tsx'
import { forgetSignedIn } from '../signed-in-hint.ts'
import { texts } from '../texts/texts.ts'

export function ResetConfirmPage(): ReactElement {
  const { token } = useFragment()
  const [deadToken, setDeadToken] = useState<string>()
  if (token === undefined || token === deadToken) {
    return (
      <CardPage>
        <Heading key="over" lead={texts.resetConfirm.over}>
          {texts.resetConfirm.overTitle}
        </Heading>
        <Link to="/reset" className="link">
          {texts.resetConfirm.askAgain}
        </Link>
      </CardPage>
    )
  }
  return (
    <CardPage>
      <NewPasswordForm key={token} token={token} onOver={() => setDeadToken(token)} />
    </CardPage>
  )
}

function NewPasswordForm(props: { readonly token: string; readonly onOver: () => void }): ReactElement {
  const form = useForm()
  const minLength = useMinLength()
  return (
    <>
      <Heading lead={texts.resetConfirm.lead}>{texts.resetConfirm.title}</Heading>
      <Form
        form={form}
        onSubmit={(value) => {
          const password = value('password')
          void form.submit(problemsOf({ password: newPasswordProblem(password, minLength) }), async () => {
            const result = await client.resetPassword({ token: props.token, password })
            if (result.ok) {
              forgetFragment()
              forgetSignedIn()
              navigate('/sign-in', { replace: true, notice: 'password_reset' })
            } else if (result.code === 'attempt_over' || result.code === 'wrong_code') props.onOver()
            else return result
            return undefined
          })
        }}
      >
        <PasswordField
          name="password"
          label={texts.fields.newPassword}
          autoComplete="new-password"
          hint={texts.fields.passwordHint(minLength)}
        />
        <FormNotice />
        <SubmitButton>{texts.resetConfirm.submit}</SubmitButton>
      </Form>
    </>
  )
}
