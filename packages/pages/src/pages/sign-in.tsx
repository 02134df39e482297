import { useEffect, useState, type ReactElement } from 'react'
import { offerPasskeys, signInWithPasskey, supportsPasskeys, type Config, type SignInResult } from '@latchkey/browser'
import { arrive } from '../arrive.ts'
import { client } from '../client.ts'
import { useConfig, useProviderName } from '../config.ts'
import { emailProblem, missing, problemsOf } from '../fields/checks.ts'
import { EmailField } from '../fields/email-field.tsx'
import { Form, FormNotice, SubmitButton, useForm } from '../fields/form.tsx'
import { PasswordField } from '../fields/password-field.tsx'
import { useFragment } from '../fragment.ts'
import { Button } from '../layout/button.tsx'
import { CardPage } from '../layout/card-page.tsx'
import { Heading } from '../layout/heading.tsx'
import { PasskeyIcon } from '../layout/icons.tsx'
import { Notice } from '../layout/notice.tsx'
import { Or } from '../layout/or.tsx'
import { beginAttempt } from '../pending-attempt.ts'
import { currentNotice, Link } from '../router.tsx'
import { LinkSent } from '../sign-in/link-sent.tsx'
import { ProviderButtons } from '../sign-in/provider-buttons.tsx'
import { texts } from '../texts/texts.ts'

export function SignInPage(): ReactElement {
  const form = useForm()
  const config = useConfig()
  const { methods, appName } = config
  const [notice] = useState(currentNotice)
  const [linkSentTo, setLinkSentTo] = useState<string>()
  const withPassword = methods.password !== undefined
  const mails = mailsOf(methods)
  const [mainMail] = mails

  const mail = (kind: Mail | undefined, email: string): void =>
    void form.submit(problemsOf({ email: emailProblem(email) }), async () => {
      const result = await (kind === 'link'
        ? client.requestMagicLink({ email })
        : client.signInWithEmailCode({ email }))
      if (!result.ok) return result
      if (result.status === 'sent') setLinkSentTo(email)
      else beginAttempt('sign-in', result)
      return undefined
    })

  const signIn = (email: string, password: string): void =>
    void form.submit(problemsOf({ email: emailProblem(email), password: missing(password) }), async () => {
      const result = await client.signInWithPassword({ email, password })
      if (!result.ok) return result
      settle(result, config)
      return undefined
    })

  const withPasskey = methods.passkey?.firstFactor === true && supportsPasskeys()
  const usePasskey = (): void =>
    void form.submit({}, async () => {
      const result = await signInWithPasskey(client)
      if (!result.ok) return result
      settle(result, config)
      return undefined
    })
  useEffect(() => {
    if (!withPasskey || linkSentTo !== undefined) return
    return offerPasskeys(client, (result) => {
      if (result.ok) settle(result, config)
      // An offer that nobody took is nobody's problem.
      else if (result.code === 'passkey_refused') void form.submit({}, () => Promise.resolve(result))
    })
    // The offer stands as long as the page does.
  }, [withPasskey, linkSentTo])

  if (linkSentTo !== undefined) return <LinkSent email={linkSentTo} onBack={() => setLinkSentTo(undefined)} />
  const otherMails = withPassword ? mails : mails.slice(1)
  const providers = methods.oauth?.providers ?? []
  return (
    <CardPage
      below={
        <p>
          {texts.signIn.newHere}{' '}
          <Link to="/sign-up" className="link">
            {texts.signIn.signUp}
          </Link>
        </p>
      }
    >
      <Heading lead={texts.signIn.lead(appName)}>{texts.signIn.title}</Heading>
      <Notice tone="fine">{notice !== undefined && <p>{texts.signIn.notices[notice]}</p>}</Notice>
      <ProviderProblem />
      <Form
        form={form}
        retry="password"
        onSubmit={(value) =>
          withPassword ? signIn(value('email'), value('password')) : mail(mainMail, value('email'))
        }
      >
        <EmailField offersPasskeys={withPasskey} />
        {withPassword && (
          <PasswordField
            name="password"
            label={texts.fields.password}
            autoComplete="current-password"
            aside={
              <Link to="/reset" className="link text-sm">
                {texts.signIn.forgot}
              </Link>
            }
          />
        )}
        <FormNotice />
        <SubmitButton>{withPassword ? texts.signIn.submit : mailTexts[mainMail ?? 'code']}</SubmitButton>
      </Form>
      {(withPasskey || otherMails.length + providers.length > 0) && (
        <>
          <Or />
          <div className="grid gap-2.5">
            {withPasskey && (
              <Button kind="secondary" onClick={usePasskey}>
                <PasskeyIcon />
                {texts.signIn.passkey}
              </Button>
            )}
            {otherMails.length > 0 && (
              <div className="grid auto-cols-fr gap-2.5 min-[24rem]:grid-flow-col">
                {otherMails.map((kind) => (
                  <Button
                    key={kind}
                    kind={otherMails.length > 1 ? 'half' : 'secondary'}
                    onClick={() => {
                      const email = form.element.current?.elements.namedItem('email')
                      if (email instanceof HTMLInputElement) mail(kind, email.value)
                    }}
                  >
                    {mailTexts[kind]}
                  </Button>
                ))}
              </div>
            )}
            <ProviderButtons providers={providers} run={(action) => void form.submit({}, action)} />
          </div>
        </>
      )}
    </CardPage>
  )
}

type Mail = 'link' | 'code'

const mailTexts = { link: texts.signIn.emailLink, code: texts.signIn.emailCode } as const satisfies Record<Mail, string>

function mailsOf(methods: ReturnType<typeof useConfig>['methods']): readonly Mail[] {
  return [
    ...(methods['magic-link'] === undefined ? [] : (['link'] as const)),
    ...(methods['email-code'] === undefined ? [] : (['code'] as const)),
  ]
}

function settle(result: Extract<SignInResult, { readonly ok: true }>, config: Config): void {
  if (result.status === 'needs_factor') beginAttempt('sign-in', result)
  else arrive(result.redirectTo, config)
}

/** A provider's sign-in ends here when it came to nothing. */
function ProviderProblem(): ReactElement {
  const { error, provider } = useFragment()
  const name = useProviderName(provider)
  return <Notice tone="danger">{error !== undefined && <p>{texts.providerProblem(error, name)}</p>}</Notice>
}
