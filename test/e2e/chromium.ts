import { existsSync } from 'node:fs'
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core'

/** Found by scripts/services.mjs, or Debian's. `undefined` skips the browser tests by name. */
export const chromiumPath: string | undefined =
  process.env['LATCHKEY_TEST_CHROMIUM'] ?? (existsSync('/usr/bin/chromium') ? '/usr/bin/chromium' : undefined)

export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    ...(chromiumPath === undefined ? {} : { executablePath: chromiumPath }),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

/** A person's browser: its own cookies, and everything that a page complained about. */
export interface Visitor {
  readonly context: BrowserContext
  readonly page: Page
  /** Console errors and warnings, policy violations, uncaught exceptions, and answers from 400 up, as `401 /auth/session`. */
  complaints(): readonly string[]
}

export const userAgents = {
  chromeOnLinux:
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  firefoxOnWindows: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0',
  safariOnPhone:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1',
} as const

export async function newVisitor(
  browser: Browser,
  baseURL: string,
  options: BrowserContextOptions = {},
): Promise<Visitor> {
  const context = await browser.newContext({
    baseURL,
    userAgent: userAgents.chromeOnLinux,
    viewport: { width: 1_280, height: 820 },
    ...options,
  })
  context.setDefaultTimeout(15_000)
  const complaints: string[] = []
  await context.exposeFunction('reportComplaint', (text: string) => complaints.push(text))
  await context.addInitScript(() => {
    const report = (globalThis as unknown as { reportComplaint: (text: string) => void }).reportComplaint
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sourceFile, lineNumber }) =>
      report(`policy: ${violatedDirective} ${blockedURI} ${sourceFile}:${lineNumber}`),
    )
  })
  context.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return
    // Chromium writes a line for each answer from 400 up; the answer itself is listed below.
    if (message.text().startsWith('Failed to load resource: the server responded with a status of')) return
    complaints.push(`console: ${message.text()}`)
  })
  context.on('weberror', (error) => complaints.push(`uncaught: ${error.error().message}`))
  context.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} ${new URL(response.url()).pathname}`)
  })
  return { context, page: await context.newPage(), complaints: () => complaints.splice(0) }
}
