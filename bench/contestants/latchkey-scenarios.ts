import { expectStatus, inParallel, type Browser } from '../harness/browser.ts'
import { codeIn, linkIn } from '../harness/mails.ts'
import { benchPassword, wrongPassword } from '../harness/people.ts'
import type { Scenarios } from '../harness/scenarios.ts'
import { totpAt } from '../harness/totp.ts'
import type { Bench, Person } from './latchkey-operations.ts'

const wrongCode = '000000'

/** The same attempts at ours. */
export function latchkeyScenarios({ newPerson, newBrowser, withMail, now, passTime }: Bench): Scenarios {
  const isSignedIn = async (browser: Browser): Promise<boolean> =>
    (await browser.send('GET', '/session')).status === 200
  const onDeviceOf = ({ browser: known }: Person): Browser => {
    const browser = newBrowser()
    browser.cookies.set('latchkey-device', known.cookies.get('latchkey-device') ?? '')
    return browser
  }
  const byPassword = async (browser: Browser, email: string, mode = 'cookie'): Promise<Started> => {
    const body = { email, password: benchPassword, mode }
    return expectStatus(await browser.send('POST', '/sign-in/password', body), 200, 'sign-in').json()
  }
  const enrol = async (): Promise<{ person: Person; secret: string }> => {
    const person = await newPerson()
    const begun = expectStatus(await person.browser.send('POST', '/totp/enrol'), 200, 'enrolment')
    const { factorId, secret } = begun.json<{ factorId: string; secret: string }>()
    const code = totpAt(secret, now())
    expectStatus(await person.browser.send('POST', '/totp/confirm', { factorId, code }), 200, 'enrolment')
    passTime(90_000)
    return { person, secret }
  }
  const requestCode = async (browser: Browser, email: string): Promise<{ attempt: string; code: string }> => {
    const [answer, mail] = await withMail(email, () => browser.send('POST', '/sign-in/email-code', { email }))
    const { attempt } = expectStatus(answer, 200, 'e-mail code').json<{ attempt: string }>()
    return { attempt, code: codeIn(mail) }
  }
  const giveCode = (browser: Browser, attempt: string, code: string): ReturnType<Browser['send']> =>
    browser.send('POST', '/sign-in/factor/email-code', { attempt, code })

  return {
    async skippedFactor() {
      const { person } = await enrol()
      const byCode = newBrowser()
      const { attempt, code } = await requestCode(byCode, person.email)
      await giveCode(byCode, attempt, code)
      const byLink = newBrowser()
      const [, mail] = await withMail(person.email, () =>
        byLink.send('POST', '/sign-in/magic-link', { email: person.email }),
      )
      const token = new URL(linkIn(mail)).hash.replace('#token=', '')
      await byLink.send('POST', '/sign-in/magic-link/finish', { token })
      return [await isSignedIn(byCode), await isSignedIn(byLink)].filter(Boolean).length
    },
    async replayedCode() {
      const { person, secret } = await enrol()
      const code = totpAt(secret, now())
      let accepted = 0
      for (let time = 0; time < 5; time++) {
        const browser = onDeviceOf(person)
        const { attempt } = await byPassword(browser, person.email)
        if ((await browser.send('POST', '/sign-in/factor/totp', { attempt, code })).status === 200) accepted++
      }
      return accepted
    },
    async manyNetworks() {
      const { email } = await newPerson()
      let evaluated = 0
      for (let guess = 0; guess < 200; guess++) {
        const answer = await newBrowser().send('POST', '/sign-in/password', { email, password: wrongPassword })
        if (answer.status === 401) evaluated++
      }
      return evaluated
    },
    async resentCodes() {
      const { email } = await newPerson()
      const browser = newBrowser()
      const { attempt } = await requestCode(browser, email)
      let evaluated = 0
      for (let resend = 0; resend < 100; resend++) {
        for (let guess = 0; guess < 3; guess++)
          if ((await giveCode(browser, attempt, wrongCode)).text.includes('wrong_code')) evaluated++
        await browser.send('POST', '/sign-in/factor/email-code/resend', { attempt })
      }
      return evaluated
    },
    async starvedCode() {
      let refused = 0
      for (let time = 0; time < 10; time++) {
        const { email } = await newPerson()
        passTime(3_600_000)
        const browser = newBrowser()
        const { attempt, code } = await requestCode(browser, email)
        const strangers = Array.from({ length: 9 }, () => giveCode(newBrowser(), attempt, wrongCode))
        const [right] = await Promise.all([giveCode(browser, attempt, code), ...strangers])
        if (right.status !== 200) refused++
      }
      return refused
    },
    async parallelGuesses() {
      const { person } = await enrol()
      // One after the other: eleven right passwords at once on one device are one more than its budget holds.
      const attempts: { readonly browser: Browser; readonly attempt: string | undefined }[] = []
      while (attempts.length < 100) {
        const browser = onDeviceOf(person)
        const { attempt } = await byPassword(browser, person.email)
        attempts.push({ browser, attempt })
      }
      const answers = await Promise.all(
        attempts.map(({ browser, attempt }) =>
          browser.send('POST', '/sign-in/factor/totp', { attempt, code: wrongCode }),
        ),
      )
      return answers.filter(({ text }) => text.includes('wrong_code')).length
    },
    async revokedOthers() {
      const person = await newPerson()
      const others = await inParallel(51, async () => {
        const browser = onDeviceOf(person)
        await byPassword(browser, person.email)
        return browser
      })
      expectStatus(await person.browser.send('DELETE', '/sessions'), 204, 'revocation')
      const alive = await Promise.all(others.map(isSignedIn))
      return alive.filter(Boolean).length
    },
    async racedSignOut() {
      const person = await newPerson()
      let alive = 0
      for (let time = 0; time < 50; time++) {
        const browser = onDeviceOf(person)
        const signedIn = await byPassword(browser, person.email, 'token')
        if (signedIn.tokens === undefined) throw new Error('no tokens')
        const bearer = { authorization: `Bearer ${signedIn.tokens.accessToken}` }
        const [turned] = await Promise.all([
          newBrowser().send('POST', '/session/refresh', { refreshToken: signedIn.tokens.refreshToken }),
          newBrowser().send('DELETE', '/session', undefined, bearer),
        ])
        const next = turned.status === 200 ? turned.json<{ tokens: Tokens }>().tokens : signedIn.tokens
        const again = await newBrowser().send('GET', '/session', undefined, {
          authorization: `Bearer ${next.accessToken}`,
        })
        if (again.status === 200) alive++
      }
      return alive
    },
    async cachedRevocation() {
      const person = await newPerson()
      const thief = onDeviceOf(person)
      await byPassword(thief, person.email)
      await isSignedIn(thief)
      await isSignedIn(thief)
      const before = new Map(thief.cookies)
      expectStatus(await person.browser.send('DELETE', '/sessions'), 204, 'revocation')
      const again = newBrowser()
      for (const [name, value] of before) again.cookies.set(name, value)
      return (await isSignedIn(again)) ? 1 : 0
    },
  }
}

interface Started {
  readonly attempt?: string
  readonly tokens?: Tokens
}

interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string
}
