import type { ReactElement } from 'react'
import { registerPasskey, type Failure, type Passkey, type PasskeyUsage } from '@latchkey/browser'
import { client } from '../client.ts'
import { missing, problemsOf } from '../fields/checks.ts'
import { Form, FormNotice, SubmitButton, useForm } from '../fields/form.tsx'
import { TextField } from '../fields/text-field.tsx'
import { UsageField } from '../fields/usage-field.tsx'
import { texts } from '../texts/texts.ts'

/** Named and set before the browser asks, so that nothing is left to do afterwards. */
export function NewPasskeyForm(props: {
  readonly onAdded: (passkey: Passkey, recoveryCodes: readonly string[]) => Promise<void>
}): ReactElement {
  const form = useForm()
  return (
    <div className="mt-6 max-w-sm animate-appear">
      <Form
        form={form}
        onSubmit={(value) => {
          const name = value('passkeyName').trim()
          const usage = value('usage') as PasskeyUsage
          void form.submit({}, async () => {
            const result = await registerPasskey(client, { usage, ...(name === '' ? {} : { name }) })
            if (!result.ok) return result
            await props.onAdded(result.passkey, result.recoveryCodes ?? [])
            return undefined
          })
        }}
      >
        <TextField
          name="passkeyName"
          label={texts.passkeys.name}
          hint={texts.passkeys.nameHint}
          autoComplete="off"
          optional
          takesFocus
        />
        <UsageField initial="both" />
        <FormNotice />
        <SubmitButton>{texts.passkeys.create}</SubmitButton>
      </Form>
    </div>
  )
}

export function EditPasskeyForm(props: {
  readonly passkey: Passkey
  readonly onSaved: (recoveryCodes: readonly string[]) => Promise<void>
}): ReactElement {
  const form = useForm()
  const { passkey } = props
  const save = async (name: string, usage: PasskeyUsage): Promise<Failure | undefined> => {
    if (name !== passkey.name) {
      const renamed = await client.renamePasskey(passkey.id, { name })
      if (!renamed.ok) return renamed
    }
    const changed = usage === passkey.usage ? undefined : await client.setPasskeyUsage(passkey.id, { usage })
    if (changed?.ok === false) return changed
    await props.onSaved(changed?.recoveryCodes ?? [])
    return undefined
  }
  return (
    <div className="mt-5 max-w-sm animate-appear">
      <Form
        form={form}
        onSubmit={(value) => {
          const name = value('passkeyName').trim()
          void form.submit(problemsOf({ passkeyName: missing(name) }), () => save(name, value('usage') as PasskeyUsage))
        }}
      >
        <TextField
          name="passkeyName"
          label={texts.passkeys.name}
          autoComplete="off"
          initial={passkey.name}
          takesFocus
        />
        <UsageField initial={passkey.usage} />
        <FormNotice />
        <SubmitButton>{texts.passkeys.save}</SubmitButton>
      </Form>
    </div>
  )
}
