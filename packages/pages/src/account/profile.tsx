import type { ReactElement, ReactNode } from 'react'
import type { Session, User } from '@latchkey/browser'
import { texts } from '../texts/texts.ts'
import { dateAndTime, longDate } from '../time.ts'
import { Section } from './section.tsx'

export function ProfileSection(props: { readonly user: User; readonly session: Session }): ReactElement {
  const { user, session } = props
  return (
    <Section title={texts.account.profile}>
      <dl className="mt-4 grid gap-x-8 gap-y-4 text-sm sm:grid-cols-2">
        <Fact term={texts.account.email}>
          {user.email}{' '}
          <span
            className={`ml-1 inline-block rounded-full px-2 py-0.5 text-xs font-medium ${
              user.emailVerified ? 'bg-fine-soft text-fine' : 'bg-brass-soft text-brass'
            }`}
          >
            {user.emailVerified ? texts.account.verified : texts.account.unverified}
          </span>
        </Fact>
        <Fact term={texts.account.name}>{user.name ?? <span className="text-muted">{texts.account.noName}</span>}</Fact>
        <Fact term={texts.account.memberSince}>{longDate(user.createdAt)}</Fact>
        <Fact term={texts.account.signedIn}>{dateAndTime(session.authenticatedAt)}</Fact>
        {user.roles.length > 0 && <Fact term={texts.account.roles}>{user.roles.join(', ')}</Fact>}
      </dl>
    </Section>
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
