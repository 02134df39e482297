import { expectStatus, type Answer, type Browser } from '../harness/browser.ts'
import type { Operation } from '../harness/contestant.ts'
import { codeIn, linkIn } from '../harness/mails.ts'
import { benchPassword } from '../harness/people.ts'
import { totpAt } from '../harness/totp.ts'
import type { PeerBench, PeerPerson } from './better-auth.ts'

export function betterAuthOperations(bench: PeerBench): Readonly<Record<string, Operation>> {
  const { people, mails, newBrowser, newEmail } = bench
  const personOf = (index: number): PeerPerson => people[index % people.length] as PeerPerson
  const signIn = async (browser: Browser, email: string): Promise<Answer> =>
    expectStatus(await browser.send('POST', '/sign-in/email', { email, password: benchPassword }), 200, 'sign-in')
  let prepared: Browser[] = []
  const prepareSignedIn = async (count: number, own = (browser: Browser): Browser => browser): Promise<void> => {
    prepared = []
    for (let index = 0; index < count; index++) {
      const browser = newBrowser()
      await signIn(browser, personOf(index).email)
      prepared.push(own(browser))
    }
  }
  const check = async (browser: Browser): Promise<void> => {
    const { text } = expectStatus(await browser.send('GET', '/get-session'), 200, 'session check')
    if (text.length < 20) throw new Error('nobody is signed in')
  }
  return {
    'sign-in': {
      async run(index) {
        const { email, browser } = personOf(index)
        browser.cookies.clear()
        await signIn(browser, email)
      },
    },
    // One request, no proof of the address: less than ours does.
    'sign-up': {
      async run() {
        const body = { email: newEmail(), password: benchPassword, name: 'Ada' }
        expectStatus(await newBrowser().send('POST', '/sign-up/email', body), 200, 'sign-up')
      },
    },
    // As much as ours does: a code in a mail, given back.
    'sign-up-proved': {
      async run() {
        const email = newEmail()
        const browser = bench.newProvingBrowser()
        const mail = mails.expect(email)
        const body = { email, password: benchPassword, name: 'Ada' }
        expectStatus(await browser.send('POST', '/sign-up/email', body), 200, 'sign-up')
        const proved = await browser.send('POST', '/email-otp/verify-email', { email, otp: codeIn(await mail) })
        if (!expectStatus(proved, 200, 'proof').text.includes('"emailVerified":true')) throw new Error(proved.text)
      },
    },
    'sign-out': {
      prepare: (count) => prepareSignedIn(count),
      async run(index) {
        expectStatus(await (prepared[index] as Browser).send('POST', '/sign-out', {}), 200, 'sign-out')
      },
    },
    refresh: {
      prepare: (count) => prepareSignedIn(count, (browser) => bench.refreshing(browser)),
      run: (index) => check(prepared[index] as Browser),
    },
    'email-code': {
      async run(index) {
        const { email } = personOf(index)
        const browser = newBrowser()
        const mail = mails.expect(email)
        const sent = await browser.send('POST', '/email-otp/send-verification-otp', { email, type: 'sign-in' })
        expectStatus(sent, 200, 'e-mail code')
        const otp = codeIn(await mail)
        expectStatus(await browser.send('POST', '/sign-in/email-otp', { email, otp }), 200, 'e-mail code')
      },
    },
    'magic-link': {
      async run(index) {
        const { email } = personOf(index)
        const browser = newBrowser()
        const mail = mails.expect(email)
        expectStatus(await browser.send('POST', '/sign-in/magic-link', { email }), 200, 'magic link')
        const { pathname, search } = new URL(linkIn(await mail))
        const answer = await browser.send('GET', `${pathname.replace('/api/auth', '')}${search}`)
        expectStatus(answer, answer.status === 302 ? 302 : 200, 'magic link')
        if (browser.cookies.size === 0) throw new Error('the magic link signed nobody in')
      },
    },
    totp: totpOperation(bench),
  }
}

/** The second step of a sign-in alone: the code of an authenticator. */
function totpOperation({ newBrowser, newEmail }: PeerBench): Operation {
  const enrolled: { readonly email: string; readonly secret: string }[] = []
  let waiting: { readonly browser: Browser; readonly secret: string }[] = []
  const enrol = async (): Promise<void> => {
    const email = newEmail()
    const browser = newBrowser()
    const body = { email, password: benchPassword, name: 'Ada' }
    expectStatus(await browser.send('POST', '/sign-up/email', body), 200, 'sign-up')
    const enabled = await browser.send('POST', '/two-factor/enable', { password: benchPassword })
    const { totpURI } = expectStatus(enabled, 200, 'enrolment').json<{ totpURI: string }>()
    const secret = new URL(totpURI).searchParams.get('secret') ?? ''
    const confirmed = await browser.send('POST', '/two-factor/verify-totp', { code: totpAt(secret, Date.now()) })
    expectStatus(confirmed, 200, 'enrolment')
    enrolled.push({ email, secret })
  }
  return {
    async prepare(count) {
      while (enrolled.length < 20) await enrol()
      waiting = []
      for (let index = 0; index < count; index++) {
        const { email, secret } = enrolled[index % enrolled.length] as (typeof enrolled)[number]
        const browser = newBrowser()
        expectStatus(await browser.send('POST', '/sign-in/email', { email, password: benchPassword }), 200, 'sign-in')
        waiting.push({ browser, secret })
      }
    },
    async run(index) {
      const { browser, secret } = waiting[index] as (typeof waiting)[number]
      const code = totpAt(secret, Date.now())
      expectStatus(await browser.send('POST', '/two-factor/verify-totp', { code }), 200, 'authenticator code')
    },
  }
}
