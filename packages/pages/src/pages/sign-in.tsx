import { useState, type ReactElement } from 'react'
import { client } from '../client.ts'
import { useConfig } from '../config.ts'
import { emailProblem, missing, problemsOf } from '../fields/checks.ts'
import { EmailField } from '../fields/email-field.tsx'
import { Form, FormNotice, SubmitButton, useForm } from '../fields/form.tsx'
import { PasswordField } from '../fields/password-field.tsx'
import { Button } from '../layout/button.tsx'
import { CardPage } from '../layout/card-page.tsx'
import { Heading } from '../layout/heading.tsx'
import { Notice } from '../layout/notice.tsx'
import { beginAttempt } from '../pending-attempt.ts'
import { currentNotice, Link, navigate } from '../router.tsx'
import { rememberSignedIn } from '../signed-in-hint.ts'
import { texts } from '../texts/texts.ts'

export function SignInPage(): ReactElement {
  const form = useForm()
  const { methods, appName } = useConfig()
  const [notice] = useState(currentNotice)
  const withPassword = methods.password !== undefined
  const withCode = methods['email-code'] !== undefined

  const mailCode = (email: string): void =>
    void form.submit(problemsOf({ email: emailProblem(email) }), async () => {
      const result = await client.signInWithEmailCode({ email })
      if (!result.ok) return result
      beginAttempt('sign-in', result)
      return undefined
    })

  const signIn = (email: string, password: string): void =>
    void form.submit(problemsOf({ email: emailProblem(email), password: missing(password) }), async () => {
      const result = await client.signInWithPassword({ email, password })
      if (!result.ok) return result
      if (result.status === 'needs_factor') beginAttempt('sign-in', result)
      else {
        rememberSignedIn()
        navigate('/')
      }
      return undefined
    })

  return (
    <CardPage
      below={
        <p>
          {texts.signIn.newHere}{' '}
          <Link to="/sign-up" className="link">
            {texts.signIn.signUp}
          </Link>
        </p>
      }
    >
      <Heading lead={texts.signIn.lead(appName)}>{texts.signIn.title}</Heading>
      <Notice tone="fine">{notice !== undefined && <p>{texts.signIn.notices[notice]}</p>}</Notice>
      <Form
        form={form}
        retry="password"
        onSubmit={(value) => (withPassword ? signIn(value('email'), value('password')) : mailCode(value('email')))}
      >
        <EmailField />
        {withPassword && (
          <PasswordField
            name="password"
            label={texts.fields.password}
            autoComplete="current-password"
            aside={
              <Link to="/reset" className="link text-sm">
                {texts.signIn.forgot}
              </Link>
            }
          />
        )}
        <FormNotice />
        <SubmitButton>{withPassword ? texts.signIn.submit : texts.signIn.emailCode}</SubmitButton>
        {withPassword && withCode && (
          <>
            <p className="my-4 flex items-center gap-3 text-[0.8125rem] text-muted before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
              {texts.signIn.or}
            </p>
            <Button
              kind="secondary"
              onClick={() => {
                const email = form.element.current?.elements.namedItem('email')
                if (email instanceof HTMLInputElement) mailCode(email.value)
              }}
            >
              {texts.signIn.emailCode}
            </Button>
          </>
        )}
      </Form>
    </CardPage>
  )
}
