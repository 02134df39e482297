import { mkdir } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { appCode } from './app-codes.ts'
import { chromiumPath, launchChromium, newVisitor } from './chromium.ts'
import { startDevServer, type DevServer } from './server.ts'
import { expectHeading, fillSignIn, fillSignUp, section, signUp } from './steps.ts'
import { addVirtualAuthenticator } from './virtual-authenticator.ts'

const screenshots = new URL('./screenshots/', import.meta.url).pathname
/** Of the views that show a refusal. */
const expectedAnswers: readonly string[] = [
  '401 /auth/sign-in/password',
  '401 /auth/sign-in/factor/totp',
  '401 /auth/sign-in/magic-link/finish',
  '403 /auth/totp',
  '404 /nowhere',
]

const password = 'a quiet walk at dawn'

/** As a provider's sign-in leaves it in the address. */
const provider = 'provider=dev'
const pending = 'attempt=any&factors=passkey,totp,recovery_code'

/** Every page and the states in which it looks different. */
const views: readonly (readonly [string, (page: Page) => Promise<void>])[] = [
  // Before an attempt is pending.
  ['code-over', (page) => open(page, '/code', 'Please start again')],
  ['sign-up', (page) => open(page, '/sign-up', 'Create your account')],
  [
    'sign-up-refused',
    async (page) => {
      await open(page, '/sign-up', 'Create your account')
      await page.getByRole('button', { name: 'Create account' }).click()
      await page.getByText('Enter your e-mail address.').waitFor()
    },
  ],
  ['sign-in', (page) => open(page, '/sign-in', 'Sign in')],
  [
    'sign-in-refused',
    async (page) => {
      await fillSignIn(page, { email: 'nobody@example.com', password: 'wrong' })
      await page.getByRole('alert').getByText('not right').waitFor()
    },
  ],
  [
    'code',
    async (page) => {
      await open(page, '/sign-in', 'Sign in')
      await page.getByLabel('E-mail address').fill('nobody@example.com')
      await page.getByRole('button', { name: 'E-mail me a code' }).click()
      await expectHeading(page, 'Check your mail')
      await page.getByLabel('6-digit code').fill('123')
    },
  ],
  ['reset', (page) => open(page, '/reset', 'Reset your password')],
  [
    'reset-sent',
    async (page) => {
      await open(page, '/reset', 'Reset your password')
      await page.getByLabel('E-mail address').fill('nobody@example.com')
      await page.keyboard.press('Enter')
      await expectHeading(page, 'Check your mail')
    },
  ],
  ['reset-confirm', (page) => open(page, '/reset/confirm#token=any', 'Choose a new password')],
  ['reset-confirm-over', (page) => open(page, '/reset/confirm', 'This link does not work any more')],
  ['admin-link', (page) => open(page, '/admin-link#token=any', 'First administrator')],
  [
    'link-sent',
    async (page) => {
      await open(page, '/sign-in', 'Sign in')
      await page.getByLabel('E-mail address').fill('nobody@example.com')
      await page.getByRole('button', { name: 'E-mail me a link' }).click()
      await expectHeading(page, 'Check your mail')
    },
  ],
  ['link-over', (page) => open(page, '/magic-link#token=any', 'This link does not work any more')],
  ['factor-passkey', (page) => open(page, `/code#${pending}`, 'Use your passkey')],
  [
    'factor-app',
    async (page) => {
      await open(page, `/code#${pending}`, 'Use your passkey')
      await page.getByRole('button', { name: 'Use your authenticator app' }).click()
      await expectHeading(page, 'Enter your app’s code')
    },
  ],
  [
    'factor-recovery-code',
    async (page) => {
      await open(page, `/code#${pending}`, 'Use your passkey')
      await page.getByRole('button', { name: 'Use a recovery code' }).click()
      await expectHeading(page, 'Use a recovery code')
      await page.getByRole('button', { name: 'Continue' }).click()
      await page.getByText('Enter one of your recovery codes.').waitFor()
    },
  ],
  ['provider-refused', (page) => open(page, `/sign-in#error=access_denied&${provider}`, 'Sign in')],
  [
    'provider-known-address',
    (page) =>
      open(
        page,
        `/sign-in/link#attempt=any&factors=password,email_code&sentTo=j…@example.com&${provider}`,
        'Connect Latchkey Dev',
      ),
  ],
  [
    'identity',
    (page) =>
      open(
        page,
        `/identities/confirm#attempt=any&name=Jane&email=a.rather.long.address@example.com&${provider}`,
        'Connect Latchkey Dev?',
      ),
  ],
  [
    'identity-refused',
    (page) => open(page, `/identities/confirm#error=identity_taken&${provider}`, 'Nothing was connected'),
  ],
  ['email-undo', (page) => open(page, '/email/undo#token=any', 'Put your old address back?')],
  ['mailbox', (page) => open(page, '/dev/mailbox', 'Development mailbox')],
  ['not-found', (page) => open(page, '/nowhere', 'Page not found')],
]

/** Of a signed-in person, one after the other. */
const accountViews: readonly (readonly [string, (page: Page) => Promise<unknown>])[] = [
  ['account', (page) => section(page, 'Devices').waitFor()],
  ['account-profile', (page) => section(page, 'Profile').getByRole('button', { name: 'Edit profile' }).click()],
  ['account-password', (page) => section(page, 'Password').getByRole('button', { name: 'Change password' }).click()],
  [
    'account-email',
    async (page) => {
      await section(page, 'E-mail address').getByRole('button', { name: 'Change e-mail address' }).click()
      await page.getByLabel('New e-mail address').fill('new@example.com')
      await page.keyboard.press('Enter')
      await section(page, 'E-mail address').getByLabel('6-digit code').waitFor()
    },
  ],
  [
    'account-app',
    async (page) => {
      await page.reload()
      await section(page, 'Authenticator app').getByRole('button', { name: 'Set up' }).click()
      await page.getByText('Cannot scan it?').click()
    },
  ],
  [
    'account-recovery-codes',
    async (page) => {
      const secret = (await page.locator('code').innerText()).replaceAll(' ', '')
      await section(page, 'Authenticator app').getByLabel('6-digit code').fill(appCode(secret, 'previous'))
      await page.getByRole('dialog').getByRole('button', { name: 'Done' }).click()
      await page.getByText('Save them first').waitFor()
    },
  ],
  [
    'account-passkey-new',
    async (page) => {
      await page.getByLabel('I have saved them').check()
      await page.getByRole('button', { name: 'Done' }).click()
      await section(page, 'Passkeys').getByRole('button', { name: 'Add a passkey' }).click()
    },
  ],
  [
    'account-passkey-edit',
    async (page) => {
      await page.getByRole('button', { name: 'Create passkey' }).click()
      await section(page, 'Passkeys')
        .getByRole('button', { name: /^Edit / })
        .click()
    },
  ],
  [
    'step-up',
    async (page) => {
      await page.route('**/auth/totp', (route) => {
        const body = JSON.stringify({ code: 'fresh_required', status: 403 })
        return route.fulfill({ status: 403, contentType: 'application/problem+json', body })
      })
      await page.getByRole('button', { name: 'Remove authenticator app' }).click()
      await page.getByRole('dialog', { name: 'Use your passkey' }).waitFor()
    },
  ],
  [
    'step-up-app',
    async (page) => {
      await page.getByRole('dialog').getByRole('button', { name: 'Use your authenticator app' }).click()
      await page.getByRole('dialog').getByLabel('6-digit code').fill('000000')
      await page.getByRole('dialog').getByText('Take the one that the app shows now.').waitFor()
    },
  ],
]

async function open(page: Page, path: string, heading: string): Promise<void> {
  // A fragment alone would load nothing.
  await page.goto('about:blank')
  await page.goto(path)
  await expectHeading(page, heading)
}

describe.skipIf(chromiumPath === undefined)('the pages in Chromium for everybody', () => {
  let server: DevServer
  let browser: Browser

  beforeAll(async () => {
    server = await startDevServer()
    browser = await launchChromium()
    await mkdir(screenshots, { recursive: true })
  })

  afterAll(async () => {
    await browser.close()
    await server.remove()
  })

  async function inspect(page: Page, name: string, colorScheme: string): Promise<void> {
    // Appearing elements are half transparent for a moment, which is no contrast to judge.
    await page.evaluate(() =>
      // One whose element is gone is aborted.
      Promise.allSettled(
        document
          .getAnimations()
          // A spinner never ends.
          .filter((animation) => animation.effect?.getComputedTiming().iterations !== Infinity)
          .map((animation) => animation.finished),
      ).then(() => undefined),
    )
    const { violations } = await new AxeBuilder({ page }).analyze()
    expect(violations.map(({ id, nodes }) => `${name}: ${id} ${nodes.map((node) => node.html).join(' ')}`)).toEqual([])
    for (const width of [1_280, 360, 320]) {
      await page.setViewportSize({ width, height: 820 })
      expect({ name, width, scrollWidth: await page.evaluate(() => document.documentElement.scrollWidth) }).toEqual({
        name,
        width,
        scrollWidth: expect.toSatisfy((scrollWidth: number) => scrollWidth <= width),
      })
      if (width !== 320) {
        await page.screenshot({ path: `${screenshots}${name}-${colorScheme}-${width}.png`, fullPage: true })
      }
    }
    await page.setViewportSize({ width: 1_280, height: 820 })
  }

  /** Asked for by another browser than the one that opens it. */
  async function linkFor(email: string): Promise<string> {
    const asking = await newVisitor(browser, server.url)
    await asking.page.goto('/sign-in')
    await asking.page.getByLabel('E-mail address').fill(email)
    await asking.page.getByRole('button', { name: 'E-mail me a link' }).click()
    const link = await server.nextLink(email)
    await asking.context.close()
    return link
  }

  it.for(['light', 'dark'] as const)(
    'have no accessibility violation, fit 320 pixels and keep the policy (%s)',
    async (colorScheme) => {
      const { page, complaints } = await newVisitor(browser, server.url, { colorScheme })
      for (const [name, view] of views) {
        await view(page)
        await inspect(page, name, colorScheme)
      }
      expect(complaints().filter((line) => !expectedAnswers.includes(line))).toEqual([])
    },
  )

  it.for(['light', 'dark'] as const)(
    'have none for a signed-in person either, in any section and dialog (%s)',
    async (colorScheme) => {
      const { page, complaints } = await newVisitor(browser, server.url, { colorScheme })
      await addVirtualAuthenticator(page)
      await signUp(server, page, { name: 'Jane', email: `${colorScheme}@example.com`, password })
      const elsewhere = await newVisitor(browser, server.url, { colorScheme })
      await elsewhere.page.goto(await linkFor(`${colorScheme}@example.com`))
      await expectHeading(elsewhere.page, 'Enter the code of the same mail')
      await inspect(elsewhere.page, 'link-code', colorScheme)
      for (const [name, view] of accountViews) {
        await view(page)
        await inspect(page, name, colorScheme)
      }
      expect(complaints().filter((line) => !expectedAnswers.includes(line))).toEqual([])
    },
  )

  it('move nothing by themselves while they load', async () => {
    const { context, page } = await newVisitor(browser, server.url)
    await context.addInitScript(() => {
      const shifts: number[] = []
      Object.assign(globalThis, { shifts })
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) shifts.push((entry as unknown as { value: number }).value)
      }).observe({ type: 'layout-shift', buffered: true })
    })
    for (const [path, heading] of [
      ['/sign-up', 'Create your account'],
      ['/sign-in', 'Sign in'],
      ['/reset', 'Reset your password'],
      ['/code#attempt=any&factors=totp,recovery_code', 'Enter your app’s code'],
      ['/magic-link', 'This link does not work any more'],
    ] as const) {
      await open(page, path, heading)
      await page.evaluate(() => document.fonts.ready)
      await page.waitForTimeout(300)
      expect({
        path,
        shifts: await page.evaluate(() => (globalThis as unknown as { shifts: number[] }).shifts),
      }).toEqual({ path, shifts: [] })
    }
  })

  it('let a person without a mouse sign up, sign out and sign in', async () => {
    const email = 'keyboard@example.com'
    const { page } = await newVisitor(browser, server.url)
    await page.goto('/sign-up')
    await expectHeading(page, 'Create your account')
    await tabTo(page, 'E-mail address')
    await page.keyboard.type(email)
    await tabTo(page, 'Password')
    await page.keyboard.type(password)
    await tabTo(page, 'Show password')
    await page.keyboard.press('Space')
    expect(await page.getByLabel('Password', { exact: true }).getAttribute('type')).toBe('text')
    await tabTo(page, 'Create account')
    await page.keyboard.press('Enter')
    await expectHeading(page, 'Check your mail')
    expect(await focusedName(page)).toBe('6-digit code')
    await page.keyboard.type(await server.nextCode(email))
    await expectHeading(page, 'Your account')
    expect(await focusedName(page)).toBe('Your account')

    await page.keyboard.press('Shift+Tab')
    expect(await focusedName(page)).toBe('Sign out')
    await page.keyboard.press('Enter')
    await expectHeading(page, 'Sign in')
    expect(await focusedName(page)).toBe('Sign in')

    await tabTo(page, 'E-mail address')
    await page.keyboard.type(email)
    await tabTo(page, 'Password')
    await page.keyboard.type('wrong')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').getByText('not right').waitFor()
    // The wrong password is selected, so that typing replaces it.
    expect(await focusedName(page)).toBe('Password')
    await page.keyboard.type(password)
    await page.keyboard.press('Enter')
    await expectHeading(page, 'Your account')
  })

  it('work with password managers: types, autocomplete, paste, no limit on length', async () => {
    const { page } = await newVisitor(browser, server.url)
    const fields = (): Promise<readonly string[]> =>
      page
        .locator('input:not([hidden])')
        .evaluateAll((inputs: readonly HTMLInputElement[]) =>
          inputs.map((input) => `${input.name} ${input.type} ${input.autocomplete} ${input.maxLength}`),
        )
    await open(page, '/sign-up', 'Create your account')
    expect(await fields()).toEqual([
      'name text name -1',
      'email email username -1',
      'password password new-password -1',
    ])
    await open(page, '/sign-in', 'Sign in')
    expect(await fields()).toEqual(['email email username webauthn -1', 'password password current-password -1'])
    await open(page, '/reset', 'Reset your password')
    expect(await fields()).toEqual(['email email username -1'])
    await open(page, '/reset/confirm#token=any', 'Choose a new password')
    expect(await fields()).toEqual(['password password new-password -1'])
    await fillSignUp(page, { email: 'manager@example.com', password })
    expect(await fields()).toEqual(['code text one-time-code -1'])
  })

  it('are served under a policy without inline script or style', async () => {
    const { page } = await newVisitor(browser, server.url)
    const response = await page.goto('/sign-in')
    const policy = response?.headers()['content-security-policy'] ?? ''
    const directives = new Map(policy.split(';').map((part) => [part.trim().split(' ')[0], part.trim()]))
    expect(directives.get('script-src')).toBe("script-src 'self'")
    expect(directives.get('style-src')).toBe("style-src 'self'")
    expect(directives.get('frame-ancestors')).toBe("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe')
    expect(response?.headers()['referrer-policy']).toBe('no-referrer')
    expect(response?.headers()['cache-control']).toBe('no-store')
    expect(await response?.text()).not.toMatch(/<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=/i)
  })

  it('load at most 90 kB of script before they can be used', async () => {
    const { page } = await newVisitor(browser, server.url)
    const sizes: Promise<number>[] = []
    page.on('response', (response) => {
      if (response.request().resourceType() !== 'script') return
      sizes.push(response.body().then((body) => gzipSync(body, { level: 9 }).length))
    })
    await open(page, '/sign-in', 'Sign in')
    const total = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
    expect(total).toBeGreaterThan(10_000)
    expect(total).toBeLessThan(90_000)
  })
})

/** Presses Tab until the control of that name has the focus; every stop on the way must be visible. */
async function tabTo(page: Page, name: string): Promise<void> {
  const passed: string[] = []
  for (let press = 0; press < 20; press += 1) {
    await page.keyboard.press('Tab')
    const focused = await focusedName(page)
    const ring = await page.evaluate(() => {
      const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement ?? document.body)
      return outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2
    })
    expect(`${focused} ${ring ? 'is' : 'is not'} visibly focused`).toBe(`${focused} is visibly focused`)
    if (focused === name) return
    passed.push(focused)
  }
  throw new Error(`Tab never reached “${name}”, only ${passed.join(', ')}`)
}

/** What a screen reader would call the focused element. */
function focusedName(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement
    if (!(element instanceof HTMLElement)) return ''
    const label = element instanceof HTMLInputElement ? element.labels?.[0]?.innerText : undefined
    return (element.getAttribute('aria-label') ?? label ?? element.innerText).replace(/ \(optional\)$/, '').trim()
  })
}
