import type { ReactElement } from 'react'
import { client } from '../client.ts'
import { missing, problemsOf } from '../fields/checks.ts'
import { Form, FormNotice, SubmitButton, useForm } from '../fields/form.tsx'
import { PasswordField } from '../fields/password-field.tsx'
import { Heading } from '../layout/heading.tsx'
import { texts } from '../texts/texts.ts'
import type { FactorProps } from './factor.ts'

/** Asked for after a mailed code, where everybody gives two proofs of different kinds; and again before a change of the account. */
export function PasswordFactor({ pending, onResult }: FactorProps): ReactElement {
  const form = useForm()
  const stepUp = pending.purpose === 'step-up'
  return (
    <>
      <Heading lead={stepUp ? texts.passwordFactor.leadStepUp : texts.passwordFactor.lead}>
        {stepUp ? texts.code.titleStepUp : texts.passwordFactor.title}
      </Heading>
      <Form
        form={form}
        retry="password"
        onSubmit={(value) => {
          const password = value('password')
          void form.submit(problemsOf({ password: missing(password) }), async () =>
            onResult(await client.finishPassword({ attempt: pending.attempt, password })),
          )
        }}
      >
        <PasswordField
          name="password"
          label={texts.fields.password}
          autoComplete="current-password"
          takesFocus={stepUp}
        />
        <FormNotice words={{ invalid_credentials: texts.passwordFactor.wrong }} />
        <SubmitButton>{texts.code.submit}</SubmitButton>
      </Form>
    </>
  )
}
