import { useState, type ReactElement } from 'react'
import { arrive } from '../arrive.ts'
import { client } from '../client.ts'
import { useConfig, useProviderName } from '../config.ts'
import { forgetFragment, useFragment } from '../fragment.ts'
import { Form, FormNotice, SubmitButton, useForm } from '../fields/form.tsx'
import { CardPage } from '../layout/card-page.tsx'
import { Heading } from '../layout/heading.tsx'
import { Link, navigate } from '../router.tsx'
import { texts } from '../texts/texts.ts'

/** Back from a provider, signed in: nothing is bound until the person has seen which account it is, so that nobody slips one in. */
export function IdentityConfirmPage(): ReactElement {
  const { attempt, error, provider, email, name, redirectTo } = useFragment()
  const config = useConfig()
  const providerName = useProviderName(provider)
  const [over, setOver] = useState(false)
  const form = useForm()
  const back = (
    <Link to="/" className="link">
      {texts.code.overAccount}
    </Link>
  )
  if (attempt === undefined || over) {
    return (
      <CardPage below={back}>
        <Heading
          key="over"
          lead={texts.providerProblem(over ? 'attempt_over' : (error ?? 'attempt_over'), providerName)}
        >
          {texts.identityConfirm.overTitle}
        </Heading>
      </CardPage>
    )
  }
  const confirm = (): Promise<void> =>
    form.submit({}, async () => {
      const result = await client.confirmIdentity({ attempt })
      if (result.ok) {
        forgetFragment()
        if (redirectTo === undefined) navigate('/', { replace: true, notice: 'identity_linked' })
        else arrive(redirectTo, config)
      } else if (result.code === 'unauthenticated') navigate('/sign-in', { replace: true, notice: 'session_ended' })
      else if (result.code === 'attempt_over') setOver(true)
      else return result
      return undefined
    })
  return (
    <CardPage below={back}>
      <Heading lead={texts.identityConfirm.lead(providerName)}>{texts.identityConfirm.title(providerName)}</Heading>
      <dl className="mb-6 rounded-2xl bg-sunken px-5 py-4">
        <dt className="text-sm text-muted">{texts.identityConfirm.account(providerName)}</dt>
        <dd className="mt-0.5 font-medium">{name ?? email ?? texts.identityConfirm.unnamed}</dd>
        {name !== undefined && email !== undefined && <dd className="text-sm text-muted">{email}</dd>}
      </dl>
      <Form form={form} onSubmit={() => void confirm()}>
        <FormNotice words={{ conflict: texts.providerProblem('identity_taken', providerName) }} />
        <SubmitButton>{texts.identityConfirm.submit}</SubmitButton>
      </Form>
    </CardPage>
  )
}
