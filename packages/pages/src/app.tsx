import { lazy, Suspense, useCallback, useEffect, useState, type ComponentType, type ReactElement } from 'react'
import type { Config } from '@latchkey/browser'
import { client } from './client.ts'
import { ConfigContext } from './config.ts'
import { NotFoundPage } from './pages/not-found.tsx'
import { SignInPage } from './pages/sign-in.tsx'
import { UnavailablePage } from './pages/unavailable.tsx'
import { navigate, usePath } from './router.tsx'
import { forgetSignedIn, wasSignedIn } from './signed-in-hint.ts'
import { useStepUpRequest } from './step-up/step-up-request.ts'
import { texts } from './texts/texts.ts'

/** What a visitor of the sign-in page does not need yet comes when it is wanted, or when there is time. */
const AccountPage = later(async () => (await import('./pages/account.tsx')).AccountPage)
const AdminLinkPage = later(async () => (await import('./pages/admin-link.tsx')).AdminLinkPage)
const CodePage = later(async () => (await import('./pages/code.tsx')).CodePage)
const DevMailboxPage = later(async () => (await import('./pages/dev-mailbox.tsx')).DevMailboxPage)
const EmailUndoPage = later(async () => (await import('./pages/email-undo.tsx')).EmailUndoPage)
const IdentityConfirmPage = later(async () => (await import('./pages/identity-confirm.tsx')).IdentityConfirmPage)
const MagicLinkPage = later(async () => (await import('./pages/magic-link.tsx')).MagicLinkPage)
const ResetConfirmPage = later(async () => (await import('./pages/reset-confirm.tsx')).ResetConfirmPage)
const ResetPage = later(async () => (await import('./pages/reset.tsx')).ResetPage)
const SignUpPage = later(async () => (await import('./pages/sign-up.tsx')).SignUpPage)
const StepUpDialog = later(async () => (await import('./step-up/step-up-dialog.tsx')).StepUpDialog)

const pages: Readonly<Record<string, ComponentType>> = {
  '/': AccountPage,
  '/sign-in': SignInPage,
  '/sign-in/link': CodePage,
  '/sign-up': SignUpPage,
  '/code': CodePage,
  '/magic-link': MagicLinkPage,
  '/reset': ResetPage,
  '/reset/confirm': ResetConfirmPage,
  '/email/undo': EmailUndoPage,
  '/identities/confirm': IdentityConfirmPage,
  '/admin-link': AdminLinkPage,
  '/dev/mailbox': DevMailboxPage,
}

/** Pages for people who are not signed in; the others go to their account. */
const forVisitors: readonly string[] = ['/sign-in', '/sign-up']

type Boot =
  | { readonly state: 'loading' }
  | { readonly state: 'failed'; readonly retryAfterSeconds: number }
  | { readonly state: 'ready'; readonly config: Config }

export function App(): ReactElement {
  const [boot, setBoot] = useState<Boot>({ state: 'loading' })
  const path = usePath()

  const start = useCallback(async (): Promise<void> => {
    const [result] = await Promise.all([client.config(), leaveIfSignedIn()])
    if (result.ok) {
      setBoot({ state: 'ready', config: result.config })
      if (forVisitors.includes(window.location.pathname)) setTimeout(() => void loadAhead(), loadAheadMs)
    } else setBoot({ state: 'failed', retryAfterSeconds: 'retryAfterSeconds' in result ? result.retryAfterSeconds : 3 })
  }, [])
  useEffect(() => void start(), [start])

  if (boot.state === 'loading') return <Blank />
  if (boot.state === 'failed') return <UnavailablePage retryAfterSeconds={boot.retryAfterSeconds} onRetry={start} />
  const Page = Object.hasOwn(pages, path) ? (pages[path] ?? NotFoundPage) : NotFoundPage
  return (
    <ConfigContext value={boot.config}>
      <Suspense fallback={<Blank />}>
        <Page key={path} />
      </Suspense>
      <StepUp />
    </ConfigContext>
  )
}

/** Loaded when something first asks for it. */
function StepUp(): ReactElement | null {
  if (useStepUpRequest() === undefined) return null
  return (
    <Suspense>
      <StepUpDialog />
    </Suspense>
  )
}

/** Comes while people type, so that the next page is there when they are done. */
async function loadAhead(): Promise<void> {
  await Promise.allSettled([import('./pages/code.tsx'), import('./pages/account.tsx')])
}

/** Nothing of it stands in the way of the page itself. */
const loadAheadMs = 1_000

async function leaveIfSignedIn(): Promise<void> {
  if (!forVisitors.includes(window.location.pathname) || !wasSignedIn()) return
  const result = await client.session()
  if (result.ok) navigate('/', { replace: true })
  else if (result.code === 'unauthenticated') forgetSignedIn()
}

/** A page in a file of its own. Where the file does not come (the server is away, or was updated), a load of the document does. */
function later(load: () => Promise<ComponentType>): ComponentType {
  return lazy(() =>
    load().then(
      (page) => ({ default: page }),
      () => ({ default: Reload }),
    ),
  )
}

function Reload(): ReactElement {
  return <UnavailablePage retryAfterSeconds={0} onRetry={reload} />
}

function reload(): Promise<void> {
  window.location.reload()
  return Promise.resolve()
}

/** Nothing to see for the blink that an answer takes: a frame that is replaced at once would only flicker. */
function Blank(): ReactElement {
  return (
    <main aria-busy="true">
      <p className="sr-only">{texts.loading}</p>
    </main>
  )
}
