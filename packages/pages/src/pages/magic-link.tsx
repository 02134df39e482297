import { useEffect, useState, type ReactElement } from 'react'
import type { Config, Failure, SignInResult } from '@latchkey/browser'
import { arrive } from '../arrive.ts'
import { client } from '../client.ts'
import { useConfig } from '../config.ts'
import { missing, problemsOf } from '../fields/checks.ts'
import { CodeField } from '../fields/code-field.tsx'
import { Form, FormNotice, SubmitButton, useForm } from '../fields/form.tsx'
import { Button } from '../layout/button.tsx'
import { CardPage } from '../layout/card-page.tsx'
import { Heading } from '../layout/heading.tsx'
import { Notice } from '../layout/notice.tsx'
import { forgetFragment, useFragment } from '../fragment.ts'
import { beginAttempt } from '../pending-attempt.ts'
import { Link } from '../router.tsx'
import { texts } from '../texts/texts.ts'

/**
 * A mailed sign-in link. Where it was asked for, the browser's cookie stands beside the token and the page finishes by itself; anywhere else the server asks
 * for the digits of the mail, and a scanner that runs this page has neither.
 */
export function MagicLinkPage(): ReactElement {
  const { token } = useFragment()
  const [deadToken, setDeadToken] = useState<string>()
  const isOver = token === undefined || token === deadToken
  return (
    <CardPage
      below={
        <Link to="/sign-in" className="link">
          {isOver ? texts.magicLink.askAgain : texts.magicLink.otherWay}
        </Link>
      }
    >
      {isOver ? (
        <Heading key="over" lead={texts.magicLink.over}>
          {texts.magicLink.overTitle}
        </Heading>
      ) : (
        <OpenedLink key={token} token={token} onOver={() => setDeadToken(token)} />
      )}
    </CardPage>
  )
}

type Step =
  | { readonly step: 'opening' }
  | { readonly step: 'code' }
  | { readonly step: 'failed'; readonly failure: Failure }

function OpenedLink(props: { readonly token: string; readonly onOver: () => void }): ReactElement {
  const { token, onOver } = props
  const config = useConfig()
  const [now, go] = useState<Step>({ step: 'opening' })

  const open = async (): Promise<void> => {
    go({ step: 'opening' })
    await shown()
    const failure = settle(await client.finishMagicLink({ token }), config, onOver)
    if (failure === undefined) return
    go(failure.code === 'code_required' ? { step: 'code' } : { step: 'failed', failure })
  }
  useEffect(() => void open(), [token])

  if (now.step === 'code') return <CodeForm token={token} onOver={onOver} />
  return (
    <>
      <Heading lead={texts.magicLink.opening}>{texts.magicLink.title}</Heading>
      <Notice tone="danger">{now.step === 'failed' && <p>{texts.problem(now.failure.code)}</p>}</Notice>
      <Button kind="primary" busy={now.step === 'opening'} onClick={() => void open()}>
        {texts.signIn.submit}
      </Button>
    </>
  )
}

function CodeForm(props: { readonly token: string; readonly onOver: () => void }): ReactElement {
  const { token, onOver } = props
  const config = useConfig()
  const form = useForm()
  return (
    <>
      <Heading lead={texts.magicLink.codeLead} takesFocus={false}>
        {texts.magicLink.codeTitle}
      </Heading>
      <Form
        form={form}
        retry="code"
        onSubmit={(value) => {
          const code = value('code')
          void form.submit(problemsOf({ code: missing(code) }), async () =>
            settle(await client.finishMagicLink({ token, code }), config, onOver),
          )
        }}
      >
        <CodeField
          digits={linkCodeDigits}
          hint={texts.code.hint}
          onComplete={() => form.element.current?.requestSubmit()}
        />
        <FormNotice words={{ wrong_code: texts.magicLink.wrong }} />
        <SubmitButton>{texts.signIn.submit}</SubmitButton>
      </Form>
    </>
  )
}

const linkCodeDigits = 6

/** What is left for the page to show, if anything. */
function settle(result: SignInResult, config: Config, onOver: () => void): Failure | undefined {
  if (result.ok) {
    forgetFragment()
    if (result.status === 'needs_factor') beginAttempt('sign-in', result)
    else arrive(result.redirectTo, config)
  } else if (result.code === 'attempt_over') onOver()
  else return result
  return undefined
}

/** A browser that loads the page ahead must not sign anybody in: it waits until somebody looks at it. */
async function shown(): Promise<void> {
  const page: Document & { readonly prerendering?: boolean } = document
  if (page.prerendering !== true) return
  await new Promise((resolve) => document.addEventListener('prerenderingchange', resolve, { once: true }))
}
