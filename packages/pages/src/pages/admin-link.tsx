import { useState, type ReactElement } from 'react'
import { client } from '../client.ts'
import { useMinLength } from '../config.ts'
import { emailProblem, newPasswordProblem, problemsOf } from '../fields/checks.ts'
import { EmailField } from '../fields/email-field.tsx'
import { Form, FormNotice, SubmitButton, useForm } from '../fields/form.tsx'
import { PasswordField } from '../fields/password-field.tsx'
import { TextField } from '../fields/text-field.tsx'
import { CardPage } from '../layout/card-page.tsx'
import { Heading } from '../layout/heading.tsx'
import { forgetFragment, useFragment } from '../fragment.ts'
import { beginAttempt } from '../pending-attempt.ts'
import { Link } from '../router.tsx'
import { texts } from '../texts/texts.ts'

/** The one-time link that a development server prints; whoever reads its terminal becomes the first administrator. */
export function AdminLinkPage(): ReactElement {
  const { token } = useFragment()
  const [deadToken, setDeadToken] = useState<string>()
  if (token === undefined || token === deadToken) {
    return (
      <CardPage>
        <Heading key="over" lead={texts.adminLink.over}>
          {texts.adminLink.overTitle}
        </Heading>
        <Link to="/sign-in" className="link">
          {texts.code.overSignIn}
        </Link>
      </CardPage>
    )
  }
  return (
    <CardPage>
      <AdministratorForm key={token} token={token} onOver={() => setDeadToken(token)} />
    </CardPage>
  )
}

function AdministratorForm(props: { readonly token: string; readonly onOver: () => void }): ReactElement {
  const form = useForm()
  const minLength = useMinLength()
  const claim = async (email: string, password: string, name: string): ReturnType<typeof client.claimAdminLink> => {
    const result = await client.claimAdminLink({
      token: props.token,
      email,
      password,
      ...(name === '' ? {} : { name }),
    })
    if (result.ok) {
      forgetFragment()
      beginAttempt('sign-up', result)
    } else if (result.code === 'attempt_over' || result.code === 'wrong_code') props.onOver()
    return result
  }
  return (
    <>
      <Heading lead={texts.adminLink.lead}>{texts.adminLink.title}</Heading>
      <Form
        form={form}
        onSubmit={(value) => {
          const email = value('email')
          const password = value('password')
          const checked = problemsOf({ email: emailProblem(email), password: newPasswordProblem(password, minLength) })
          void form.submit(checked, async () => {
            const result = await claim(email, password, value('name').trim())
            return result.ok ? undefined : result
          })
        }}
      >
        <TextField name="name" label={texts.fields.name} autoComplete="name" optional />
        <EmailField />
        <PasswordField
          name="password"
          label={texts.fields.password}
          autoComplete="new-password"
          hint={texts.fields.passwordHint(minLength)}
        />
        <FormNotice />
        <SubmitButton>{texts.adminLink.submit}</SubmitButton>
      </Form>
    </>
  )
}
