import { lazy, Suspense, useCallback, useEffect, useState, type ReactElement } from 'react'
import type { Config } from '@latchkey/browser'
import { client } from './client.ts'
import { ConfigContext } from './config.ts'
import { AccountPage } from './pages/account.tsx'
import { AdminLinkPage } from './pages/admin-link.tsx'
import { CodePage } from './pages/code.tsx'
import { NotFoundPage } from './pages/not-found.tsx'
import { ResetConfirmPage } from './pages/reset-confirm.tsx'
import { ResetPage } from './pages/reset.tsx'
import { SignInPage } from './pages/sign-in.tsx'
import { SignUpPage } from './pages/sign-up.tsx'
import { UnavailablePage } from './pages/unavailable.tsx'
import { navigate, usePath } from './router.tsx'
import { forgetSignedIn, wasSignedIn } from './signed-in-hint.ts'
import { texts } from './texts/texts.ts'

const DevMailboxPage = lazy(async () => {
  const { DevMailboxPage: page } = await import('./pages/dev-mailbox.tsx')
  return { default: page }
})

const pages: Readonly<Record<string, () => ReactElement>> = {
  '/': AccountPage,
  '/sign-in': SignInPage,
  '/sign-up': SignUpPage,
  '/code': CodePage,
  '/reset': ResetPage,
  '/reset/confirm': ResetConfirmPage,
  '/admin-link': AdminLinkPage,
  '/dev/mailbox': () => <DevMailboxPage />,
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
    if (result.ok) setBoot({ state: 'ready', config: result.config })
    else setBoot({ state: 'failed', retryAfterSeconds: 'retryAfterSeconds' in result ? result.retryAfterSeconds : 3 })
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
    </ConfigContext>
  )
}

async function leaveIfSignedIn(): Promise<void> {
  if (!forVisitors.includes(window.location.pathname) || !wasSignedIn()) return
  const result = await client.session()
  if (result.ok) navigate('/', { replace: true })
  else if (result.code === 'unauthenticated') forgetSignedIn()
}

/** Nothing to see for the blink that an answer takes: a frame that is replaced at once would only flicker. */
function Blank(): ReactElement {
  return (
    <main aria-busy="true">
      <p className="sr-only">{texts.loading}</p>
    </main>
  )
}
