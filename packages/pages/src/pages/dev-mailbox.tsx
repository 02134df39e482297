import { useRef, useState, type ReactElement, type Ref } from 'react'
import { flushSync } from 'react-dom'
import { Button } from '../layout/button.tsx'
import { Brand } from '../layout/card-page.tsx'
import { Heading } from '../layout/heading.tsx'
import { MailIcon } from '../layout/icons.tsx'
import { Notice } from '../layout/notice.tsx'
import { useMailbox, type Mail } from '../mailbox/mails.ts'
import { texts } from '../texts/texts.ts'
import { dateAndTime, relativeTime } from '../time.ts'
import { NotFoundPage } from './not-found.tsx'

export function DevMailboxPage(): ReactElement {
  const mailbox = useMailbox()
  if (mailbox.state === 'absent') return <NotFoundPage />
  return (
    <div className="mx-auto flex min-h-dvh w-full max-w-5xl flex-col px-4 pb-10 sm:px-6">
      <header className="flex flex-wrap items-center justify-between gap-4 py-5">
        <Brand />
        <nav className="flex gap-5 text-sm">
          <a href="/sign-up" className="link">
            {texts.mailbox.toSignUp}
          </a>
          <a href="/sign-in" className="link">
            {texts.mailbox.toSignIn}
          </a>
        </nav>
      </header>
      <main className="flex flex-1 flex-col pt-6 sm:pt-10">
        <Heading lead={texts.mailbox.lead}>{texts.mailbox.title}</Heading>
        <Notice tone="danger">{mailbox.state === 'ready' && mailbox.lost && <p>{texts.mailbox.lost}</p>}</Notice>
        <output className="sr-only">
          {mailbox.state === 'ready' && mailbox.arrived !== undefined && texts.mailbox.arrived(mailbox.arrived.subject)}
        </output>
        {mailbox.state === 'ready' && (mailbox.mails.length === 0 ? <Empty /> : <Mails mails={mailbox.mails} />)}
      </main>
    </div>
  )
}

function Empty(): ReactElement {
  return (
    <div className="grid flex-1 place-content-center justify-items-center gap-3 rounded-3xl border border-dashed border-edge/50 px-6 py-20 text-center">
      <span className="grid size-12 place-items-center rounded-2xl bg-sunken text-muted">
        <MailIcon />
      </span>
      <p className="font-medium">{texts.mailbox.empty}</p>
      <p className="max-w-xs text-sm text-muted">{texts.mailbox.emptyLead}</p>
    </div>
  )
}

function Mails(props: { readonly mails: readonly Mail[] }): ReactElement {
  const { mails } = props
  const newest = mails[0]
  // A choice lasts until the next mail arrives: that is the one which a developer waits for.
  const [choice, setChoice] = useState<{ readonly id: string; readonly newestThen: string | undefined }>()
  const chosen = choice?.newestThen === newest?.id ? choice?.id : undefined
  const opened = useRef<HTMLHeadingElement>(null)
  const choose = (id: string): void => {
    flushSync(() => setChoice({ id, newestThen: newest?.id }))
    // Where the list stands below the mail, the mail must come into view.
    opened.current?.focus()
  }
  const open = mails.find((mail) => mail.id === chosen) ?? newest
  return (
    <div className="grid grid-cols-1 items-start gap-5 md:grid-cols-[19rem_minmax(0,1fr)]">
      {open !== undefined && <OpenMail key={open.id} mail={open} headingRef={opened} />}
      <nav aria-label={texts.mailbox.list} className="md:order-first">
        <ul className="grid grid-cols-1 gap-1">
          {mails.map((mail) => (
            <li key={mail.id}>
              <button
                type="button"
                aria-current={mail === open ? 'true' : undefined}
                onClick={() => choose(mail.id)}
                className="w-full rounded-2xl border border-transparent px-4 py-3 text-left hover:bg-sunken aria-[current]:border-line aria-[current]:bg-surface"
              >
                <span className="flex items-baseline justify-between gap-3">
                  <span className="truncate text-sm font-medium">{mail.subject}</span>
                  <time dateTime={mail.at} className="shrink-0 text-xs text-muted">
                    {relativeTime(mail.at, Date.now())}
                  </time>
                </span>
                <span className="mt-0.5 block truncate text-[0.8125rem] text-muted">{mail.to}</span>
              </button>
            </li>
          ))}
        </ul>
      </nav>
    </div>
  )
}

function OpenMail(props: { readonly mail: Mail; readonly headingRef: Ref<HTMLHeadingElement> }): ReactElement {
  const { mail } = props
  return (
    <article className="min-w-0 animate-appear rounded-3xl border border-line bg-surface px-5 py-6 shadow-lift sm:px-8 sm:py-7">
      <h2 ref={props.headingRef} tabIndex={-1} className="text-lg font-semibold tracking-tight">
        {mail.subject}
      </h2>
      <p className="mt-1 text-sm text-muted">
        {texts.mailbox.to} {mail.to} · <time dateTime={mail.at}>{dateAndTime(mail.at)}</time>
      </p>
      {mail.code !== undefined && <Code code={mail.code} />}
      {mail.link !== undefined && /^https?:\/\//.test(mail.link) && (
        <p className="mt-5">
          <a
            href={mail.link}
            target="_blank"
            rel="noopener noreferrer"
            className="inline-flex min-h-11 items-center rounded-xl bg-ink px-5 text-[0.9375rem] font-medium text-canvas hover:bg-ink/85"
          >
            {texts.mailbox.openLink}
          </a>
        </p>
      )}
      <pre className="mt-6 border-t border-line pt-6 font-sans text-[0.9375rem]/6 wrap-anywhere whitespace-pre-wrap">
        {mail.text}
      </pre>
      {mail.html !== '' && (
        // As text: a frame inherits this page's policy, which refuses the inline styles that mail needs.
        <details className="mt-6 text-sm">
          <summary className="w-fit rounded text-muted">{texts.mailbox.source}</summary>
          <pre
            className="mt-3 max-h-96 overflow-auto rounded-2xl bg-sunken p-4 text-xs/5 whitespace-pre-wrap"
            tabIndex={0}
          >
            {mail.html}
          </pre>
        </details>
      )}
    </article>
  )
}

function Code(props: { readonly code: string }): ReactElement {
  const [copied, setCopied] = useState(false)
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(props.code)
    setCopied(true)
  }
  return (
    <div className="mt-5 flex flex-wrap items-center justify-between gap-4 rounded-2xl bg-brass-soft px-5 py-4">
      <p className="text-3xl font-semibold tracking-[0.18em] text-brass tabular-nums sm:text-4xl">{props.code}</p>
      <Button kind="small" onClick={() => void copy()}>
        {copied ? texts.copied : texts.mailbox.copy}
      </Button>
      <output className="sr-only">{copied && texts.copied}</output>
    </div>
  )
}
