import type { Browser } from '../harness/browser.ts'
import { expectStatus } from '../harness/browser.ts'
import { codeIn, linkIn } from '../harness/mails.ts'
import { benchPassword, wrongPassword } from '../harness/people.ts'
import type { Scenarios } from '../harness/scenarios.ts'
import { totpAt } from '../harness/totp.ts'
import type { PeerBench } from './better-auth.ts'

/** What was once seen of this peer, tried again: every scenario says what came of it. */
export function betterAuthScenarios(bench: PeerBench): Scenarios {
  const { mails, newBrowser, newEmail } = bench
  const signUp = async (): Promise<{ email: string; browser: Browser }> => {
    const email = newEmail()
    const browser = newBrowser()
    const body = { email, password: benchPassword, name: 'Ada' }
    expectStatus(await browser.send('POST', '/sign-up/email', body), 200, 'sign-up')
    await bench.markVerified()
    return { email, browser }
  }
  const signIn = async (email: string): Promise<Browser> => {
    const browser = newBrowser()
    expectStatus(await browser.send('POST', '/sign-in/email', { email, password: benchPassword }), 200, 'sign-in')
    return browser
  }
  const isSignedIn = async (browser: Browser): Promise<boolean> =>
    (await browser.send('GET', '/get-session')).text.length > 20
  const enrol = async (): Promise<{ email: string; secret: string }> => {
    const { email, browser } = await signUp()
    const enabled = await browser.send('POST', '/two-factor/enable', { password: benchPassword })
    const { totpURI } = expectStatus(enabled, 200, 'enrolment').json<{ totpURI: string }>()
    const secret = new URL(totpURI).searchParams.get('secret') ?? ''
    const code = totpAt(secret, Date.now())
    expectStatus(await browser.send('POST', '/two-factor/verify-totp', { code }), 200, 'enrolment')
    return { email, secret }
  }
  const requestCode = async (browser: Browser, email: string): Promise<string> => {
    const mail = mails.expect(email)
    const body = { email, type: 'sign-in' }
    expectStatus(await browser.send('POST', '/email-otp/send-verification-otp', body), 200, 'e-mail code')
    return codeIn(await mail)
  }

  return {
    async skippedFactor() {
      const { email } = await enrol()
      const byCode = newBrowser()
      await byCode.send('POST', '/sign-in/email-otp', { email, otp: await requestCode(byCode, email) })
      const byLink = newBrowser()
      const mail = mails.expect(email)
      await byLink.send('POST', '/sign-in/magic-link', { email })
      const { pathname, search } = new URL(linkIn(await mail))
      await byLink.send('GET', `${pathname.replace('/api/auth', '')}${search}`)
      return [await isSignedIn(byCode), await isSignedIn(byLink)].filter(Boolean).length
    },
    async replayedCode() {
      const { email, secret } = await enrol()
      const code = totpAt(secret, Date.now())
      let accepted = 0
      for (let time = 0; time < 5; time++) {
        const browser = await signIn(email)
        if ((await browser.send('POST', '/two-factor/verify-totp', { code })).status === 200) accepted++
      }
      return accepted
    },
    async manyNetworks() {
      const { email } = await signUp()
      let evaluated = 0
      for (let guess = 0; guess < 200; guess++) {
        const answer = await newBrowser().send('POST', '/sign-in/email', { email, password: wrongPassword })
        if (answer.status === 401) evaluated++
      }
      return evaluated
    },
    async resentCodes() {
      const { email } = await signUp()
      let evaluated = 0
      for (let resend = 0; resend < 100; resend++) {
        await requestCode(newBrowser(), email)
        for (let guess = 0; guess < 3; guess++) {
          const answer = await newBrowser().send('POST', '/sign-in/email-otp', { email, otp: '000000' })
          if (answer.text.includes('INVALID_OTP')) evaluated++
        }
      }
      return evaluated
    },
    async starvedCode() {
      let refused = 0
      for (let time = 0; time < 10; time++) {
        const { email } = await signUp()
        const browser = newBrowser()
        const otp = await requestCode(browser, email)
        const wrong = otp === '000000' ? '000001' : '000000'
        const strangers = Array.from({ length: 9 }, () =>
          newBrowser().send('POST', '/sign-in/email-otp', { email, otp: wrong }),
        )
        const [right] = await Promise.all([browser.send('POST', '/sign-in/email-otp', { email, otp }), ...strangers])
        if (right.status !== 200) refused++
      }
      return refused
    },
    async parallelGuesses() {
      const { email } = await enrol()
      const browsers = await Promise.all(Array.from({ length: 100 }, () => signIn(email)))
      const answers = await Promise.all(
        browsers.map((browser) => browser.send('POST', '/two-factor/verify-totp', { code: '000000' })),
      )
      return answers.filter(({ text }) => text.includes('INVALID_CODE')).length
    },
    async revokedOthers() {
      const { email, browser } = await signUp()
      const others = await Promise.all(Array.from({ length: 51 }, () => signIn(email)))
      expectStatus(await browser.send('POST', '/revoke-other-sessions', {}), 200, 'revocation')
      const alive = await Promise.all(others.map(isSignedIn))
      return alive.filter(Boolean).length
    },
    async racedSignOut() {
      const { email } = await signUp()
      let alive = 0
      for (let time = 0; time < 50; time++) {
        const browser = await signIn(email)
        const refreshing = bench.refreshing(browser)
        const before = new Map(browser.cookies)
        await Promise.all([refreshing.send('GET', '/get-session'), browser.send('POST', '/sign-out', {})])
        const again = newBrowser()
        for (const [name, value] of before) again.cookies.set(name, value)
        if (await isSignedIn(again)) alive++
      }
      return alive
    },
    async cachedRevocation() {
      const { email, browser } = await signUp()
      const thief = await signIn(email)
      await isSignedIn(thief)
      const before = new Map(thief.cookies)
      expectStatus(await browser.send('POST', '/revoke-other-sessions', {}), 200, 'revocation')
      const again = newBrowser()
      for (const [name, value] of before) again.cookies.set(name, value)
      return (await isSignedIn(again)) ? 1 : 0
    },
  }
}
