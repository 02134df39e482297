import { useRef, useState, type ReactElement } from 'react'
import type { Factors, TotpEnrolment } from '@latchkey/browser'
import { client } from '../client.ts'
import { useConfig } from '../config.ts'
import { missing, problemsOf } from '../fields/checks.ts'
import { CodeField } from '../fields/code-field.tsx'
import { Form, FormNotice, SubmitButton, useForm } from '../fields/form.tsx'
import { Button } from '../layout/button.tsx'
import { CopyButton } from '../layout/copy-button.tsx'
import { texts } from '../texts/texts.ts'
import { longDate } from '../time.ts'
import { Outcome } from './outcome.tsx'
import { QrCode } from './qr-code.tsx'
import { RecoveryCodesDialog } from './recovery-codes-dialog.tsx'
import { Section } from './section.tsx'
import { useChange } from './use-change.ts'

export function AuthenticatorSection(props: {
  readonly totp: Factors['totp']
  readonly reload: () => Promise<void>
}): ReactElement {
  const { totp, reload } = props
  const [enrolment, setEnrolment] = useState<TotpEnrolment>()
  const [codes, setCodes] = useState<readonly string[]>([])
  const heading = useRef<HTMLHeadingElement>(null)
  const { busy, outcome, run, say } = useChange(reload)

  const enrol = (): Promise<void> =>
    run('enrol', async () => {
      const result = await client.enrolTotp()
      if (result.ok) setEnrolment(result)
      return { result }
    })
  const remove = (): Promise<void> =>
    run('remove', async () => {
      const result = await client.removeTotp()
      heading.current?.focus()
      return { result, done: texts.authenticator.removed }
    })

  return (
    <Section
      title={texts.authenticator.title}
      lead={totp === null ? texts.authenticator.lead : texts.authenticator.since(longDate(totp.enrolledAt))}
      headingRef={heading}
      action={
        enrolment !== undefined ? (
          <Button kind="small" onClick={() => setEnrolment(undefined)}>
            {texts.account.cancel}
          </Button>
        ) : (
          <>
            <Button kind="small" busy={busy === 'enrol'} onClick={() => void enrol()}>
              {totp === null ? texts.authenticator.setUp : texts.authenticator.replace}
            </Button>
            {totp !== null && (
              <Button
                kind="small"
                busy={busy === 'remove'}
                label={texts.authenticator.removeLabel}
                onClick={() => void remove()}
              >
                {texts.account.remove}
              </Button>
            )}
          </>
        )
      }
    >
      <Outcome of={outcome} />
      {enrolment !== undefined && (
        <Enrolment
          key={enrolment.factorId}
          enrolment={enrolment}
          onOver={() => {
            setEnrolment(undefined)
            say({ tone: 'danger', text: texts.problem('attempt_over') })
          }}
          onConfirmed={async (recoveryCodes) => {
            await reload()
            setEnrolment(undefined)
            heading.current?.focus()
            say({ tone: 'fine', text: texts.authenticator.added })
            setCodes(recoveryCodes)
          }}
        />
      )}
      {codes.length > 0 && <RecoveryCodesDialog codes={codes} onClose={() => setCodes([])} />}
    </Section>
  )
}

function Enrolment(props: {
  readonly enrolment: TotpEnrolment
  readonly onConfirmed: (recoveryCodes: readonly string[]) => Promise<void>
  readonly onOver: () => void
}): ReactElement {
  const form = useForm()
  const digits = useConfig().methods.totp?.digits ?? 6
  const { factorId, secret, uri, qrCodeDataUrl } = props.enrolment
  return (
    <div className="mt-6 grid animate-appear gap-8 border-t border-line pt-6 sm:grid-cols-[auto_minmax(0,1fr)]">
      <div className="justify-self-center sm:justify-self-start">
        <QrCode dataUrl={qrCodeDataUrl} label={texts.authenticator.qrCode} />
      </div>
      <div className="max-w-sm">
        <p className="text-sm/6">
          <strong className="font-medium">1.</strong> {texts.authenticator.scan}{' '}
          <a href={uri} className="link">
            {texts.authenticator.openApp}
          </a>
          .
        </p>
        <details className="mt-2 text-sm">
          <summary className="w-fit rounded text-muted">{texts.authenticator.cannotScan}</summary>
          <p className="mt-2 text-muted">{texts.authenticator.typeSecret}</p>
          <div className="mt-2 flex flex-wrap items-center gap-3">
            <code className="rounded-lg bg-sunken px-3 py-2 font-mono text-sm/6 wrap-anywhere" translate="no">
              {inGroups(secret)}
            </code>
            <CopyButton text={secret}>{texts.authenticator.copySecret}</CopyButton>
          </div>
        </details>
        <p className="mt-5 mb-4 text-sm/6">
          <strong className="font-medium">2.</strong> {texts.authenticator.confirm}
        </p>
        <Form
          form={form}
          retry="code"
          onSubmit={(value) => {
            const code = value('code')
            void form.submit(problemsOf({ code: missing(code) }), async () => {
              const result = await client.confirmTotp({ factorId, code })
              if (result.ok) await props.onConfirmed(result.recoveryCodes)
              else if (result.code === 'attempt_over') props.onOver()
              else return result
              return undefined
            })
          }}
        >
          <CodeField
            digits={digits}
            hint={texts.totpFactor.hint}
            onComplete={() => form.element.current?.requestSubmit()}
          />
          <FormNotice words={{ wrong_code: texts.totpFactor.wrong }} />
          <SubmitButton>{texts.authenticator.submit}</SubmitButton>
        </Form>
      </div>
    </div>
  )
}

/** Four letters at a time, as apps show it and eyes keep it. */
function inGroups(secret: string): string {
  return secret.replace(/(.{4})(?=.)/g, '$1 ')
}
