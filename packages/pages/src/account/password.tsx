import { useRef, useState, type ReactElement } from 'react'
import { client } from '../client.ts'
import { useMinLength } from '../config.ts'
import { missing, newPasswordProblem, problemsOf } from '../fields/checks.ts'
import { KnownUsername } from '../fields/email-field.tsx'
import { Form, FormNotice, SubmitButton, useForm } from '../fields/form.tsx'
import { PasswordField } from '../fields/password-field.tsx'
import { Button } from '../layout/button.tsx'
import { Notice } from '../layout/notice.tsx'
import { Link } from '../router.tsx'
import { texts } from '../texts/texts.ts'
import { Section } from './section.tsx'

export function PasswordSection(props: { readonly email: string; readonly reload: () => Promise<void> }): ReactElement {
  const [open, setOpen] = useState(false)
  const [changed, setChanged] = useState(false)
  const toggle = useRef<HTMLButtonElement>(null)
  return (
    <Section
      title={texts.account.password}
      lead={texts.account.passwordLead}
      action={
        <Button
          ref={toggle}
          kind="small"
          expanded={open}
          onClick={() => {
            setOpen(!open)
            setChanged(false)
          }}
        >
          {open ? texts.account.cancel : texts.account.changePassword}
        </Button>
      }
    >
      <Notice tone="fine" className="mt-5">
        {changed && <p>{texts.account.passwordChanged}</p>}
      </Notice>
      {open && (
        <ChangePasswordForm
          email={props.email}
          onChanged={() => {
            setOpen(false)
            setChanged(true)
            toggle.current?.focus()
            void props.reload()
          }}
        />
      )}
    </Section>
  )
}

/** Who signs in by other means can have one, by way of the mailbox as after forgetting it. */
export function NoPasswordSection(): ReactElement {
  return (
    <Section
      title={texts.account.password}
      lead={texts.account.noPassword}
      action={
        <Link to="/reset" className="link inline-flex min-h-10 items-center text-sm">
          {texts.account.setPassword}
        </Link>
      }
    />
  )
}

function ChangePasswordForm(props: { readonly email: string; readonly onChanged: () => void }): ReactElement {
  const form = useForm()
  const minLength = useMinLength()
  return (
    <div className="mt-6 max-w-sm animate-appear">
      <Form
        form={form}
        retry="currentPassword"
        onSubmit={(value) => {
          const currentPassword = value('currentPassword')
          const password = value('password')
          const checked = problemsOf({
            currentPassword: missing(currentPassword),
            password: newPasswordProblem(password, minLength),
          })
          void form.submit(checked, async () => {
            const result = await client.changePassword({ currentPassword, password })
            if (!result.ok) {
              if (result.code !== 'invalid_credentials') return result
              // The address is not asked for here, so it can only be the password.
              return {
                ok: false,
                code: 'invalid_fields',
                status: result.status,
                fields: { currentPassword: 'invalid' },
              }
            }
            props.onChanged()
            return undefined
          })
        }}
      >
        <KnownUsername email={props.email} />
        <PasswordField
          name="currentPassword"
          label={texts.fields.currentPassword}
          autoComplete="current-password"
          takesFocus
        />
        <PasswordField
          name="password"
          label={texts.fields.newPassword}
          autoComplete="new-password"
          hint={texts.fields.passwordHint(minLength)}
        />
        <FormNotice />
        <SubmitButton>{texts.account.savePassword}</SubmitButton>
      </Form>
    </div>
  )
}
