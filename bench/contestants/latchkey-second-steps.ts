import { expectStatus, type Browser } from '../harness/browser.ts'
import type { Operation } from '../harness/contestant.ts'
import { linkIn } from '../harness/mails.ts'
import { benchPassword } from '../harness/people.ts'
import { totpAt } from '../harness/totp.ts'
import { signedIn, type Bench, type Person } from './latchkey-operations.ts'

/** Mailed links and authenticator apps. */
export function secondSteps(bench: Bench): Readonly<Record<string, Operation>> {
  return { 'magic-link': magicLinkOperation(bench), totp: totpOperation(bench) }
}

/** Asked for, mailed, used in the browser that asked. */
function magicLinkOperation({ people, newBrowser, withMail, passTime }: Bench): Operation {
  return {
    // Five links an hour to an address; the next round is an hour later.
    prepare: () => Promise.resolve(passTime(3_600_000)),
    most: 4 * people.length,
    async run(index) {
      const { email, browser: known } = people[index % people.length] as Person
      const browser = newBrowser()
      browser.cookies.set('latchkey-device', known.cookies.get('latchkey-device') ?? '')
      const [asked, mail] = await withMail(email, () => browser.send('POST', '/sign-in/magic-link', { email }))
      expectStatus(asked, 200, 'magic link')
      const token = new URL(linkIn(mail)).hash.replace('#token=', '')
      await signedIn(browser.send('POST', '/sign-in/magic-link/finish', { token }))
    },
  }
}

/** The second step of a sign-in alone. A code counts once, so the clock runs on by a step for every one that a person gives. */
function totpOperation({ newPerson, newBrowser, now, passTime }: Bench): Operation {
  const enrolled: { readonly person: Person; readonly secret: string }[] = []
  let waiting: { readonly browser: Browser; readonly attempt: string; readonly secret: string }[] = []
  const enrol = async (): Promise<void> => {
    const person = await newPerson()
    const begun = expectStatus(await person.browser.send('POST', '/totp/enrol'), 200, 'enrolment')
    const { factorId, secret } = begun.json<{ factorId: string; secret: string }>()
    const code = totpAt(secret, now())
    expectStatus(await person.browser.send('POST', '/totp/confirm', { factorId, code }), 200, 'enrolment')
    enrolled.push({ person, secret })
  }
  const begin = async (index: number): Promise<void> => {
    const { person, secret } = enrolled[index] as (typeof enrolled)[number]
    const browser = newBrowser()
    browser.cookies.set('latchkey-device', person.browser.cookies.get('latchkey-device') ?? '')
    const answer = await browser.send('POST', '/sign-in/password', { email: person.email, password: benchPassword })
    const { attempt } = expectStatus(answer, 200, 'sign-in').json<{ attempt?: string }>()
    if (attempt === undefined) throw new Error('no second step was asked for')
    waiting.push({ browser, attempt, secret })
  }
  return {
    // As many people as codes: two codes of one person could not be given at once.
    async prepare(count) {
      const wanted = Math.min(count, 300)
      while (enrolled.length < wanted) await enrol()
      passTime(90_000)
      waiting = []
      for (let index = 0; index < wanted; index++) await begin(index)
    },
    most: 300,
    async run(index) {
      const { browser, attempt, secret } = waiting[index] as (typeof waiting)[number]
      const code = totpAt(secret, now())
      await signedIn(browser.send('POST', '/sign-in/factor/totp', { attempt, code }))
    },
  }
}
