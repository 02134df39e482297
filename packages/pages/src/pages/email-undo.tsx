import { useState, type ReactElement } from 'react'
import { client } from '../client.ts'
import { Form, FormNotice, SubmitButton, useForm } from '../fields/form.tsx'
import { forgetFragment, useFragment } from '../fragment.ts'
import { CardPage } from '../layout/card-page.tsx'
import { Heading } from '../layout/heading.tsx'
import { Link, navigate } from '../router.tsx'
import { forgetSignedIn } from '../signed-in-hint.ts'
import { texts } from '../texts/texts.ts'

/** The way back for whoever reads the old mailbox: nothing happens by opening the link. */
export function EmailUndoPage(): ReactElement {
  const { token } = useFragment()
  const [over, setOver] = useState(false)
  const form = useForm()
  if (token === undefined || over) {
    return (
      <CardPage>
        <Heading key="over" lead={texts.emailUndo.over}>
          {texts.emailUndo.overTitle}
        </Heading>
        <Link to="/sign-in" className="link">
          {texts.code.overSignIn}
        </Link>
      </CardPage>
    )
  }
  const undo = (): Promise<void> =>
    form.submit({}, async () => {
      const result = await client.undoEmailChange({ token })
      if (result.ok) {
        forgetFragment()
        forgetSignedIn()
        navigate('/sign-in', { replace: true, notice: 'email_restored' })
      } else if (result.code === 'attempt_over') setOver(true)
      else return result
      return undefined
    })
  return (
    <CardPage>
      <Heading lead={texts.emailUndo.lead}>{texts.emailUndo.title}</Heading>
      <Form form={form} onSubmit={() => void undo()}>
        <FormNotice words={{ conflict: texts.emailUndo.taken }} />
        <SubmitButton>{texts.emailUndo.submit}</SubmitButton>
      </Form>
    </CardPage>
  )
}
