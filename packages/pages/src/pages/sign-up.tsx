import type { ReactElement } from 'react'
import { signUpWithPasskey, supportsPasskeys } from '@latchkey/browser'
import { client } from '../client.ts'
import { useConfig, useMinLength } from '../config.ts'
import { emailProblem, newPasswordProblem, problemsOf } from '../fields/checks.ts'
import { EmailField } from '../fields/email-field.tsx'
import { Form, FormNotice, SubmitButton, useForm } from '../fields/form.tsx'
import { PasswordField } from '../fields/password-field.tsx'
import { TextField } from '../fields/text-field.tsx'
import { Button } from '../layout/button.tsx'
import { CardPage } from '../layout/card-page.tsx'
import { Heading } from '../layout/heading.tsx'
import { PasskeyIcon } from '../layout/icons.tsx'
import { Or } from '../layout/or.tsx'
import { beginAttempt } from '../pending-attempt.ts'
import { Link } from '../router.tsx'
import { texts } from '../texts/texts.ts'

export function SignUpPage(): ReactElement {
  const form = useForm()
  const minLength = useMinLength()
  const { methods } = useConfig()
  const withPassword = methods.password !== undefined
  const withPasskey = methods.passkey?.signUp === true && supportsPasskeys()

  const usePasskey = (email: string, name: string): void =>
    void form.submit(problemsOf({ email: emailProblem(email) }), async () => {
      const result = await signUpWithPasskey(client, { email, ...(name === '' ? {} : { name }) })
      if (!result.ok) return result
      beginAttempt('sign-up', result)
      return undefined
    })

  return (
    <CardPage
      below={
        <p>
          {texts.signUp.haveAccount}{' '}
          <Link to="/sign-in" className="link">
            {texts.signUp.signIn}
          </Link>
        </p>
      }
    >
      <Heading>{texts.signUp.title}</Heading>
      <Form
        form={form}
        onSubmit={(value) => {
          const email = value('email')
          const password = value('password')
          const name = value('name').trim()
          const checked = problemsOf({
            email: emailProblem(email),
            password: withPassword ? newPasswordProblem(password, minLength) : undefined,
          })
          void form.submit(checked, async () => {
            const result = await client.signUp({
              email,
              ...(withPassword ? { password } : {}),
              ...(name === '' ? {} : { name }),
            })
            if (!result.ok) return result
            beginAttempt('sign-up', result)
            return undefined
          })
        }}
      >
        <TextField name="name" label={texts.fields.name} autoComplete="name" optional />
        <EmailField />
        {withPassword && (
          <PasswordField
            name="password"
            label={texts.fields.password}
            autoComplete="new-password"
            hint={texts.fields.passwordHint(minLength)}
          />
        )}
        <FormNotice />
        <SubmitButton>{texts.signUp.submit}</SubmitButton>
      </Form>
      {withPasskey && (
        <>
          <Or />
          <Button
            kind="secondary"
            onClick={() => {
              const data = new FormData(form.element.current ?? undefined)
              usePasskey(text(data.get('email')), text(data.get('name')).trim())
            }}
          >
            <PasskeyIcon />
            {texts.passkeys.instead}
          </Button>
        </>
      )}
    </CardPage>
  )
}

function text(value: FormDataEntryValue | null): string {
  return typeof value === 'string' ? value : ''
}
