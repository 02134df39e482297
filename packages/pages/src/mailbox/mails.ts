import { useEffect, useState } from 'react'

/** A mail as the development server keeps it. */
export interface Mail {
  readonly id: string
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
  readonly code?: string
  readonly link?: string
  readonly at: string
}

export type Mailbox =
  | { readonly state: 'loading' }
  | { readonly state: 'absent' }
  | { readonly state: 'ready'; readonly mails: readonly Mail[]; readonly lost: boolean; readonly arrived?: Mail }

const refreshMs = 2_000

/** Newest first, read again every two seconds while somebody looks. */
export function useMailbox(): Mailbox {
  const [mailbox, setMailbox] = useState<Mailbox>({ state: 'loading' })
  useEffect(() => {
    let stopped = false
    const look = async (): Promise<void> => {
      if (document.visibilityState === 'hidden') return
      const next = await readMailbox()
      if (stopped) return
      setMailbox((before) => {
        const known = before.state === 'ready' ? before.mails : []
        if (next === 'lost') return { state: 'ready', mails: known, lost: true }
        const newest = next.state === 'ready' ? next.mails[0] : undefined
        if (before.state !== 'ready' || next.state !== 'ready' || newest === undefined) return next
        const arrived = newest.id === known[0]?.id ? before.arrived : newest
        return arrived === undefined ? next : { ...next, arrived }
      })
    }
    void look()
    const timer = setInterval(() => void look(), refreshMs)
    const onVisible = (): void => void look()
    document.addEventListener('visibilitychange', onVisible)
    return () => {
      stopped = true
      clearInterval(timer)
      document.removeEventListener('visibilitychange', onVisible)
    }
  }, [])
  return mailbox
}

async function readMailbox(): Promise<Mailbox | 'lost'> {
  try {
    const response = await fetch('/dev/mailbox.json', { cache: 'no-store' })
    if (response.status === 404) return { state: 'absent' }
    if (!response.ok) return 'lost'
    return { state: 'ready', mails: (await response.json()) as readonly Mail[], lost: false }
  } catch {
    return 'lost'
  }
}
