import { expectStatus, type Answer, type Browser } from '../harness/browser.ts'
import type { Operation } from '../harness/contestant.ts'
import { codeIn } from '../harness/mails.ts'
import { benchPassword } from '../harness/people.ts'

/** Somebody with an account, signed in in a browser that is known. */
export interface Person {
  readonly email: string
  readonly browser: Browser
}

/** What operations of ours are given. */
export interface Bench {
  readonly people: readonly Person[]
  /** Addresses without an account, one for each person and asked as often: what earlier requests left behind is the same work for both. */
  readonly strangers: readonly string[]
  /** A browser that nobody used yet, with an address of its own. */
  newBrowser(): Browser
  newEmail(): string
  /** Sends a request that causes a mail; gives the answer and the mail's text. */
  withMail(to: string, send: () => Promise<Answer>): Promise<readonly [Answer, string]>
  /** Lets the engine's clock run ahead: codes of an authenticator count once, and 30 s are too long to wait. */
  passTime(ms: number): void
  now(): number
  newPerson(): Promise<Person>
}

/** Password, e-mail code and the life of a session. */
export function latchkeyOperations({
  people,
  newBrowser,
  newEmail,
  withMail,
  passTime,
}: Bench): Readonly<Record<string, Operation>> {
  const personOf = (index: number): Person => people[index % people.length] as Person
  let signedInBrowsers: Browser[] = []
  let turns: { readonly browser: Browser; refreshToken: string }[] = []
  // Until the address is proved and the person signed in: two requests and a mail.
  const signUp: Operation = {
    async run() {
      const email = newEmail()
      const browser = newBrowser()
      const [started, mail] = await withMail(email, () =>
        browser.send('POST', '/sign-up', { email, password: benchPassword, name: 'Ada' }),
      )
      const { attempt } = expectStatus(started, 200, 'sign-up').json<{ attempt: string }>()
      await signedIn(browser.send('POST', '/sign-in/factor/email-code', { attempt, code: codeIn(mail) }))
    },
  }
  return {
    'sign-in': {
      async run(index) {
        const { email, browser } = personOf(index)
        // A device that is known, and no session: the commonest sign-in.
        browser.cookies.delete('latchkey')
        await signedIn(browser.send('POST', '/sign-in/password', { email, password: benchPassword }))
      },
    },
    'sign-up': signUp,
    'sign-up-proved': signUp,
    'sign-out': {
      async prepare(count) {
        signedInBrowsers = []
        for (let index = 0; index < count; index++) {
          const { email, browser } = personOf(index)
          const own = newBrowser()
          own.cookies.set('latchkey-device', browser.cookies.get('latchkey-device') ?? '')
          await signedIn(own.send('POST', '/sign-in/password', { email, password: benchPassword }))
          own.cookies.delete('latchkey-device')
          signedInBrowsers.push(own)
        }
      },
      async run(index) {
        expectStatus(await (signedInBrowsers[index] as Browser).send('DELETE', '/session'), 204, 'sign-out')
      },
    },
    // Asked for, mailed, given.
    'email-code': {
      // The limit of mails to an address is a true one: the next round is an hour later.
      prepare: () => Promise.resolve(passTime(3_600_000)),
      most: 8 * people.length,
      async run(index) {
        const { email } = personOf(index)
        const browser = newBrowser()
        browser.cookies.set('latchkey-device', personOf(index).browser.cookies.get('latchkey-device') ?? '')
        const [started, mail] = await withMail(email, () => browser.send('POST', '/sign-in/email-code', { email }))
        const { attempt } = expectStatus(started, 200, 'e-mail code').json<{ attempt: string }>()
        await signedIn(browser.send('POST', '/sign-in/factor/email-code', { attempt, code: codeIn(mail) }))
      },
    },
    refresh: {
      async prepare(count) {
        turns = []
        for (let index = 0; index < count; index++) {
          const { email, browser } = personOf(index)
          const own = newBrowser()
          own.cookies.set('latchkey-device', browser.cookies.get('latchkey-device') ?? '')
          const answer = await own.send('POST', '/sign-in/password', { email, password: benchPassword, mode: 'token' })
          own.cookies.clear()
          const { tokens } = expectStatus(answer, 200, 'sign-in').json<{ tokens?: { refreshToken: string } }>()
          if (tokens === undefined) throw new Error('no tokens')
          turns.push({ browser: own, refreshToken: tokens.refreshToken })
        }
      },
      async run(index) {
        const turn = turns[index] as (typeof turns)[number]
        const answer = await turn.browser.send('POST', '/session/refresh', { refreshToken: turn.refreshToken })
        expectStatus(answer, 200, 'refresh')
      },
    },
  }
}

export async function signedIn(sent: Promise<Answer>): Promise<void> {
  const answer = expectStatus(await sent, 200, 'sign-in')
  const { status } = answer.json<{ status: string }>()
  if (status !== 'signed_in') throw new Error(`sign-in ended with ${status}`)
}
