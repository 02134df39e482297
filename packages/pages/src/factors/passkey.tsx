import { useEffect, type ReactElement } from 'react'
import { provePasskey } from '@latchkey/browser'
import { client } from '../client.ts'
import { Form, FormNotice, SubmitButton, useForm } from '../fields/form.tsx'
import { Heading } from '../layout/heading.tsx'
import { isOfBrowser } from '../passkey-failure.ts'
import { texts } from '../texts/texts.ts'
import type { FactorProps } from './factor.ts'

/** The browser's dialog comes with a press of the button: some browsers show it for nothing less. */
export function PasskeyFactor({ pending, onResult }: FactorProps): ReactElement {
  const form = useForm()
  const { element } = form
  useEffect(() => {
    element.current?.querySelector('button')?.focus()
  }, [element])
  return (
    <>
      <Heading lead={texts.passkeyFactor.lead} takesFocus={false}>
        {texts.passkeyFactor.title}
      </Heading>
      <Form
        form={form}
        onSubmit={() =>
          void form.submit({}, async () => {
            const result = await provePasskey(client, { attempt: pending.attempt })
            return isOfBrowser(result) ? result : onResult(result)
          })
        }
      >
        <FormNotice />
        <SubmitButton>{texts.passkeyFactor.submit}</SubmitButton>
      </Form>
    </>
  )
}
