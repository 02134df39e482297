import type { ReactElement } from 'react'
import { client } from '../client.ts'
import { useConfig } from '../config.ts'
import { missing, problemsOf } from '../fields/checks.ts'
import { CodeField } from '../fields/code-field.tsx'
import { Form, FormNotice, SubmitButton, useForm } from '../fields/form.tsx'
import { Heading } from '../layout/heading.tsx'
import { texts } from '../texts/texts.ts'
import type { FactorProps } from './factor.ts'

const defaultDigits = 6

export function TotpFactor({ pending, onResult }: FactorProps): ReactElement {
  const form = useForm()
  const digits = useConfig().methods.totp?.digits ?? defaultDigits
  const { attempt } = pending
  return (
    <>
      <Heading lead={texts.totpFactor.lead} takesFocus={false}>
        {texts.totpFactor.title}
      </Heading>
      <Form
        form={form}
        retry="code"
        onSubmit={(value) => {
          const code = value('code')
          void form.submit(problemsOf({ code: missing(code) }), async () =>
            onResult(await client.finishTotp({ attempt, code })),
          )
        }}
      >
        <CodeField
          digits={digits}
          hint={texts.totpFactor.hint}
          onComplete={() => form.element.current?.requestSubmit()}
        />
        <FormNotice words={{ wrong_code: texts.totpFactor.wrong }} />
        <SubmitButton>{texts.code.submit}</SubmitButton>
      </Form>
    </>
  )
}
