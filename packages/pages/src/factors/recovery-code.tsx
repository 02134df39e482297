import type { ReactElement } from 'react'
import { client } from '../client.ts'
import { missing, problemsOf } from '../fields/checks.ts'
import { Form, FormNotice, SubmitButton, useForm } from '../fields/form.tsx'
import { RecoveryCodeField } from '../fields/recovery-code-field.tsx'
import { Heading } from '../layout/heading.tsx'
import { texts } from '../texts/texts.ts'
import type { FactorProps } from './factor.ts'

export function RecoveryCodeFactor({ pending, onResult }: FactorProps): ReactElement {
  const form = useForm()
  return (
    <>
      <Heading lead={texts.recoveryCodeFactor.lead} takesFocus={false}>
        {texts.recoveryCodeFactor.title}
      </Heading>
      <Form
        form={form}
        retry="recoveryCode"
        onSubmit={(value) => {
          const code = value('recoveryCode').trim()
          void form.submit(problemsOf({ recoveryCode: missing(code) }), async () =>
            onResult(await client.finishRecoveryCode({ attempt: pending.attempt, code })),
          )
        }}
      >
        <RecoveryCodeField />
        <FormNotice words={{ wrong_code: texts.recoveryCodeFactor.wrong }} />
        <SubmitButton>{texts.code.submit}</SubmitButton>
      </Form>
    </>
  )
}
