import { useContext, type ReactElement, type ReactNode } from 'react'
import { ConfigContext } from '../config.ts'
import { texts } from '../texts/texts.ts'
import { KeyMark } from './icons.tsx'

/** One question on a calm page: brand, card, and what else one may want below it. It hangs from the top, so that nothing jumps when it grows. */
export function CardPage(props: {
  readonly children: ReactNode
  readonly below?: ReactNode
  /** Whether the page waits for a mail. */
  readonly waitsForMail?: boolean
}): ReactElement {
  return (
    <div className="mx-auto flex min-h-dvh w-full max-w-[27.5rem] flex-col px-4 pt-[clamp(1.25rem,8vh,6rem)] pb-6">
      <header className="mb-6 flex items-center px-1 sm:mb-8">
        <Brand />
      </header>
      <main>
        <div className="rounded-3xl border border-line bg-surface px-5 py-7 shadow-lift sm:px-9 sm:py-9">
          {props.children}
          {props.waitsForMail === true && <MailHint />}
        </div>
        {props.below !== undefined && <div className="mt-6 text-center text-sm text-muted">{props.below}</div>}
      </main>
      {props.waitsForMail !== true && <DevelopmentBadge />}
    </div>
  )
}

/** In production a reminder, in development the way to the mail that was never sent. */
export function MailHint(): ReactElement {
  if (useContext(ConfigContext)?.development !== true) {
    return <p className="mt-5 text-sm text-muted">{texts.mail.nothingArrived}</p>
  }
  return (
    <p className="mt-6 rounded-xl bg-brass-soft px-4 py-3 text-sm/5 text-brass">
      {texts.development.notSent}{' '}
      <a href="/dev/mailbox" target="_blank" rel="noopener" className="link">
        {texts.development.mailbox}
      </a>
    </p>
  )
}

export function Brand(): ReactElement {
  const appName = useContext(ConfigContext)?.appName ?? ''
  return (
    <span className="flex items-center gap-3 text-lg font-semibold tracking-tight">
      <KeyMark />
      {appName}
    </span>
  )
}

export function DevelopmentBadge(): ReactElement | null {
  if (useContext(ConfigContext)?.development !== true) return null
  return (
    <footer className="mt-auto flex justify-center pt-10 text-[0.8125rem] text-muted">
      <p className="flex flex-wrap items-center justify-center gap-x-2 rounded-full border border-line px-4 py-1.5">
        <span className="size-1.5 rounded-full bg-brass" aria-hidden="true" />
        {texts.development.badge}
        <a href="/dev/mailbox" target="_blank" rel="noopener" className="link">
          {texts.development.mailbox}
        </a>
      </p>
    </footer>
  )
}
