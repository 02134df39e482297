import { useRef, useState, type ReactElement, type ReactNode } from 'react'
import type { Session, User } from '@latchkey/browser'
import { client } from '../client.ts'
import { Form, FormNotice, SubmitButton, useForm } from '../fields/form.tsx'
import { LanguageField } from '../fields/language-field.tsx'
import { TextField } from '../fields/text-field.tsx'
import { languageName } from '../language-name.ts'
import { Button } from '../layout/button.tsx'
import { texts } from '../texts/texts.ts'
import { dateAndTime, longDate } from '../time.ts'
import { Section } from './section.tsx'

interface ProfileProps {
  readonly user: User
  readonly session: Session
  readonly reload: () => Promise<void>
}

export function ProfileSection(props: ProfileProps): ReactElement {
  const [open, setOpen] = useState(false)
  const toggle = useRef<HTMLButtonElement>(null)
  return (
    <Section
      title={texts.account.profile}
      action={
        <Button ref={toggle} kind="small" expanded={open} onClick={() => setOpen(!open)}>
          {open ? texts.account.cancel : texts.account.editProfile}
        </Button>
      }
    >
      {open ? (
        <ProfileForm
          user={props.user}
          onSaved={async () => {
            await props.reload()
            setOpen(false)
            toggle.current?.focus()
          }}
        />
      ) : (
        <Facts {...props} />
      )}
    </Section>
  )
}

function Facts({ user, session }: ProfileProps): ReactElement {
  return (
    <dl className="mt-4 grid gap-x-8 gap-y-4 text-sm sm:grid-cols-2">
      <Fact term={texts.account.name}>{user.name ?? <span className="text-muted">{texts.account.noName}</span>}</Fact>
      <Fact term={texts.account.language}>
        {user.locale === null ? (
          <span className="text-muted">{texts.account.noLanguage}</span>
        ) : (
          languageName(user.locale)
        )}
      </Fact>
      <Fact term={texts.account.memberSince}>{longDate(user.createdAt)}</Fact>
      <Fact term={texts.account.signedIn}>{dateAndTime(session.authenticatedAt)}</Fact>
      {user.roles.length > 0 && <Fact term={texts.account.roles}>{user.roles.join(', ')}</Fact>}
    </dl>
  )
}

function Fact(props: { readonly term: string; readonly children: ReactNode }): ReactElement {
  return (
    <div>
      <dt className="text-muted">{props.term}</dt>
      <dd className="mt-0.5">{props.children}</dd>
    </div>
  )
}

function ProfileForm(props: { readonly user: User; readonly onSaved: () => Promise<void> }): ReactElement {
  const form = useForm()
  const { user } = props
  return (
    <div className="mt-6 max-w-sm animate-appear">
      <Form
        form={form}
        onSubmit={(value) => {
          const name = value('name').trim()
          const locale = value('locale')
          void form.submit({}, async () => {
            const result = await client.updateAccount({
              name: name === '' ? null : name,
              locale: locale === '' ? null : locale,
            })
            if (!result.ok) return result
            await props.onSaved()
            return undefined
          })
        }}
      >
        <TextField
          name="name"
          label={texts.fields.name}
          autoComplete="name"
          optional
          takesFocus
          initial={user.name ?? ''}
        />
        <LanguageField current={user.locale} />
        <FormNotice />
        <SubmitButton>{texts.account.saveProfile}</SubmitButton>
      </Form>
    </div>
  )
}
