import { useCallback, useEffect, useState, type ReactElement } from 'react'
import type { DeviceSession, Factors, Failure, Identity, Passkey, Session, User } from '@latchkey/browser'
import { AuthenticatorSection } from '../account/authenticator.tsx'
import { DevicesSection } from '../account/devices.tsx'
import { EmailSection } from '../account/email.tsx'
import { IdentitiesSection } from '../account/identities.tsx'
import { PasskeysSection } from '../account/passkeys.tsx'
import { NoPasswordSection, PasswordSection } from '../account/password.tsx'
import { ProfileSection } from '../account/profile.tsx'
import { RecoveryCodesSection } from '../account/recovery-codes.tsx'
import { client } from '../client.ts'
import { useConfig } from '../config.ts'
import { Button } from '../layout/button.tsx'
import { Brand, DevelopmentBadge } from '../layout/card-page.tsx'
import { Heading } from '../layout/heading.tsx'
import { Notice } from '../layout/notice.tsx'
import { currentNotice, navigate } from '../router.tsx'
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
      readonly factors: Factors
      readonly passkeys: readonly Passkey[]
      readonly identities: readonly Identity[]
    }

const noPasskeys = { ok: true, passkeys: [] } as const
const noIdentities = { ok: true, identities: [] } as const

export function AccountPage(): ReactElement {
  const [loaded, setLoaded] = useState<Loaded>({ state: 'loading' })

  const { methods } = useConfig()
  const withPasskeys = methods.passkey !== undefined
  const withIdentities = methods.oauth !== undefined

  const load = useCallback(async (): Promise<void> => {
    // All at once, so that the page is complete when it appears and moves nothing afterwards.
    const [who, devices, factors, passkeys, identities] = await Promise.all([
      client.session(),
      client.sessions(),
      client.factors(),
      withPasskeys ? client.passkeys() : noPasskeys,
      withIdentities ? client.identities() : noIdentities,
    ])
    if (who.ok && devices.ok && factors.ok && passkeys.ok && identities.ok) {
      rememberSignedIn()
      setLoaded({ state: 'ready', ...who, ...devices, ...factors, ...passkeys, ...identities })
      return
    }
    const failure = [who, devices, factors, passkeys, identities].find((result): result is Failure => !result.ok)
    if (failure?.code === 'unauthenticated') leave()
    else {
      const retryAfterSeconds = failure !== undefined && 'retryAfterSeconds' in failure ? failure.retryAfterSeconds : 3
      setLoaded((before) => (before.state === 'ready' ? before : { state: 'failed', retryAfterSeconds }))
    }
  }, [withPasskeys, withIdentities])

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
  const { user, session, sessions, factors, passkeys, identities, reload } = props
  const { methods } = useConfig()
  const [notice] = useState(currentNotice)
  const hasSecondFactor = factors.secondFactors.length > 0
  return (
    <main className="animate-appear pt-6 sm:pt-10">
      <Heading lead={user.name === null ? undefined : user.email}>
        {user.name === null ? texts.account.title : texts.account.greeting(user.name)}
      </Heading>
      <Notice tone="fine">{notice !== undefined && <p>{texts.signIn.notices[notice]}</p>}</Notice>
      <div className="grid gap-5">
        <ProfileSection user={user} session={session} reload={reload} />
        <EmailSection user={user} reload={reload} />
        {methods.password !== undefined &&
          (factors.password ? <PasswordSection email={user.email} reload={reload} /> : <NoPasswordSection />)}
        {methods.passkey !== undefined && <PasskeysSection passkeys={passkeys} reload={reload} />}
        {methods.totp !== undefined && <AuthenticatorSection totp={factors.totp} reload={reload} />}
        {methods['recovery-code'] !== undefined && hasSecondFactor && (
          <RecoveryCodesSection left={factors.recoveryCodes} reload={reload} />
        )}
        {methods.oauth !== undefined && <IdentitiesSection identities={identities} reload={reload} />}
        <DevicesSection sessions={sessions} reload={reload} />
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
