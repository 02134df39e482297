import { useEffect, useState, type ReactElement } from 'react'
import { Button } from '../layout/button.tsx'
import { CardPage } from '../layout/card-page.tsx'
import { Heading } from '../layout/heading.tsx'
import { texts } from '../texts/texts.ts'

/** Shown instead of a page that cannot load what it needs; it comes back by itself, and at once when asked. */
export function UnavailablePage(props: {
  readonly retryAfterSeconds: number
  readonly onRetry: () => Promise<void>
}): ReactElement {
  const { retryAfterSeconds, onRetry } = props
  const [busy, setBusy] = useState(false)
  useEffect(() => {
    const timer = setInterval(() => void onRetry(), Math.max(retryAfterSeconds, 3) * 1_000)
    return () => clearInterval(timer)
  }, [retryAfterSeconds, onRetry])
  const retry = async (): Promise<void> => {
    setBusy(true)
    await onRetry()
    setBusy(false)
  }
  return (
    <CardPage>
      <Heading lead={texts.unavailable.lead}>{texts.unavailable.title}</Heading>
      <Button kind="primary" busy={busy} onClick={() => void retry()}>
        {texts.unavailable.retry}
      </Button>
      <p className="mt-4 text-center text-sm text-muted">{texts.unavailable.retrying}</p>
    </CardPage>
  )
}
