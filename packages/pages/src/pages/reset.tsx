import { useState, type ReactElement } from 'react'
import { client } from '../client.ts'
import { emailProblem, problemsOf } from '../fields/checks.ts'
import { EmailField } from '../fields/email-field.tsx'
import { Form, FormNotice, SubmitButton, useForm } from '../fields/form.tsx'
import { Button } from '../layout/button.tsx'
import { CardPage } from '../layout/card-page.tsx'
import { Heading } from '../layout/heading.tsx'
import { Link } from '../router.tsx'
import { texts } from '../texts/texts.ts'

export function ResetPage(): ReactElement {
  const [sentTo, setSentTo] = useState<string>()
  const back = (
    <Link to="/sign-in" className="link">
      {texts.reset.back}
    </Link>
  )
  if (sentTo === undefined) {
    return (
      <CardPage below={back}>
        <RequestForm onSent={setSentTo} />
      </CardPage>
    )
  }
  return (
    <CardPage below={back} waitsForMail>
      <Heading key="sent" lead={texts.reset.sent(sentTo)}>
        {texts.reset.sentTitle}
      </Heading>
      <Button kind="secondary" onClick={() => setSentTo(undefined)}>
        {texts.reset.again}
      </Button>
    </CardPage>
  )
}

function RequestForm(props: { readonly onSent: (email: string) => void }): ReactElement {
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
            props.onSent(email)
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
