import { useCallback, useEffect, useState, type ReactElement } from 'react'
import type { DeviceSession, Session, User } from '@latchkey/browser'
import { DevicesSection } from '../account/devices.tsx'
import { PasswordSection } from '../account/password.tsx'
import { ProfileSection } from '../account/profile.tsx'
import { client } from '../client.ts'
import { useConfig } from '../config.ts'
import { Button } from '../layout/button.tsx'
import { Brand, DevelopmentBadge } from '../layout/card-page.tsx'
import { Heading } from '../layout/heading.tsx'
import { navigate } from '../router.tsx'
import { forgetSignedIn, onSignedOutElsewhere, rememberSignedIn } from '../signed-in-hint.ts'
import { texts } from '../texts/texts.ts'
import { UnavailablePage } from './unavailable.tsx'

type Loaded =
  | { readonly state: 'loading' }
  | { readonly state: 'failed'; readonly retryAfterSeconds: number }
  | {
      readonly state: 'ready'
      readonly user: User
      readonly session: Session
      readonly sessions: readonly DeviceSession[]
    }

export function AccountPage(): ReactElement {
  const [loaded, setLoaded] = useState<Loaded>({ state: 'loading' })

  const load = useCallback(async (): Promise<void> => {
    const [who, devices] = await Promise.all([client.session(), client.sessions()])
    if (who.ok && devices.ok) {
      rememberSignedIn()
      setLoaded({ state: 'ready', user: who.user, session: who.session, sessions: devices.sessions })
      return
    }
    const failure = who.ok ? devices : who
    if (failure.ok) return
    if (failure.code === 'unauthenticated') leave()
    else {
      const retryAfterSeconds = 'retryAfterSeconds' in failure ? failure.retryAfterSeconds : 3
      setLoaded((before) => (before.state === 'ready' ? before : { state: 'failed', retryAfterSeconds }))
    }
  }, [])

  useEffect(() => {
    void load()
    // A session may end elsewhere while this page is in the background, or be gone when “back” restores the page.
    const look = (): void => {
      if (document.visibilityState === 'visible') void load()
    }
    const restored = (event: PageTransitionEvent): void => {
      if (event.persisted) void load()
    }
    document.addEventListener('visibilitychange', look)
    window.addEventListener('pageshow', restored)
    const stopListening = onSignedOutElsewhere(() => void load())
    return () => {
      document.removeEventListener('visibilitychange', look)
      window.removeEventListener('pageshow', restored)
      stopListening()
    }
  }, [load])

  if (loaded.state === 'failed') {
    return <UnavailablePage retryAfterSeconds={loaded.retryAfterSeconds} onRetry={load} />
  }
  return (
    <div className="mx-auto flex min-h-dvh w-full max-w-3xl flex-col px-4 pb-6 sm:px-6">
      <header className="flex items-center justify-between gap-4 py-5">
        <Brand />
        {loaded.state === 'ready' && <SignOutButton />}
      </header>
      {loaded.state === 'ready' ? (
        <Account {...loaded} reload={load} />
      ) : (
        <main aria-busy="true">
          <p className="sr-only">{texts.loading}</p>
        </main>
      )}
      <DevelopmentBadge />
    </div>
  )
}

function Account(props: Extract<Loaded, { state: 'ready' }> & { readonly reload: () => Promise<void> }): ReactElement {
  const { user, session, sessions, reload } = props
  const { methods } = useConfig()
  return (
    <main className="animate-appear pt-6 sm:pt-10">
      <Heading lead={user.name === null ? undefined : user.email}>
        {user.name === null ? texts.account.title : texts.account.greeting(user.name)}
      </Heading>
      <div className="grid gap-5">
        <DevicesSection sessions={sessions} reload={reload} />
        {methods.password !== undefined && <PasswordSection email={user.email} reload={reload} />}
        <ProfileSection user={user} session={session} />
      </div>
    </main>
  )
}

function SignOutButton(): ReactElement {
  const [busy, setBusy] = useState(false)
  const signOut = async (): Promise<void> => {
    setBusy(true)
    const result = await client.signOut()
    setBusy(false)
    if (!result.ok && result.code !== 'unauthenticated') return
    forgetSignedIn()
    navigate('/sign-in', { replace: true, notice: 'signed_out' })
  }
  return (
    <Button kind="small" busy={busy} onClick={() => void signOut()}>
      {texts.account.signOut}
    </Button>
  )
}

function leave(): void {
  // Said only to somebody who was signed in; a visitor just sees the sign-in page.
  const ended = document.querySelector('main')?.getAttribute('aria-busy') !== 'true'
  forgetSignedIn()
  navigate('/sign-in', { replace: true, ...(ended ? { notice: 'session_ended' } : {}) })
}
