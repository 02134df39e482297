import { createMailbox, type Mailbox } from '../courier/mailbox.ts'
import { createAuth, type Auth } from '../engine/create-auth.ts'
import type { AuthOptions } from '../engine/options.ts'
import { emailCode } from '../methods/email-code/index.ts'
import { password } from '../methods/password/index.ts'
import { createMemoryStorage } from '../storage/memory/memory-storage.ts'
import type { Storage } from '../storage/storage.ts'
import { createFakeClock, type FakeClock } from './fake-clock.ts'
import { createSeededRandom } from './seeded-random.ts'
import { createTestBrowser, type TestAnswer, type TestBrowser } from './test-browser.ts'
import { testSecret } from './test-core.ts'

export interface TestAuth {
  readonly auth: Auth
  readonly storage: Storage
  readonly clock: FakeClock
  readonly mailbox: Mailbox
  /** A fresh browser: no cookies, an address of its own unless one is given. */
  browser(options?: { readonly remoteAddress?: string; readonly userAgent?: string }): TestBrowser
  /** Lets the outbox out and gives the newest code that was mailed to the address. */
  codeFor(email: string): Promise<string>
  /** The same for the link. */
  linkFor(email: string): Promise<string>
  /** A person with a verified address, signed in in a browser of their own. */
  signUp(email: string, password?: string): Promise<TestBrowser>
  /** Password, and the mailed code where one is asked for. The last answer. */
  signIn(browser: TestBrowser, email: string, password?: string): Promise<TestAnswer>
  /** Sends the code of an attempt. */
  proveCode(browser: TestBrowser, attempt: TestAnswer, code: string): Promise<TestAnswer>
  /** The audit log, oldest first: `login.failure wrong_password`, kind and reason. */
  events(): Promise<readonly string[]>
}

export type TestAuthOptions = Partial<AuthOptions> & {
  readonly clock?: FakeClock
  readonly storage?: Storage
  readonly seed?: number
}

export const testPassword = 'correct horse battery staple'

/**
 * The whole engine on memory storage, with a clock that stands still, a mailbox, and browsers: what an application's own tests need.
 * Hashing is cheap (8 MiB, one pass) and the breach list is off.
 *
 * @example
 * const test = createTestAuth()
 * const ada = await test.signUp('ada@example.com')
 * expect((await ada.get('/session')).status).toBe(200)
 */
export function createTestAuth({ seed, ...options }: TestAuthOptions = {}): TestAuth {
  const clock = options.clock ?? createFakeClock()
  const storage = options.storage ?? createMemoryStorage({ clock })
  const mailbox = createMailbox()
  const auth = createAuth({
    secret: testSecret,
    publicUrl: 'https://app.example.com',
    methods: [password(), emailCode()],
    mail: mailbox,
    breachedPasswords: false,
    hashing: {
      parameters: { memoryKib: 8_192, passes: 1, lanes: 1 },
      unsafeWeakParameters: { reason: 'tests hash often' },
    },
    unsafeMemoryStorage: { reason: 'tests' },
    backgroundWork: false,
    random: createSeededRandom(seed),
    ...options,
    clock,
    storage,
  })
  const origin = options.publicUrl ?? 'https://app.example.com'
  const basePath = options.basePath ?? '/auth'
  let browsers = 0

  const browser: TestAuth['browser'] = ({ remoteAddress, userAgent } = {}) => {
    browsers += 1
    return createTestBrowser({
      handle: auth.handle,
      origin,
      basePath,
      remoteAddress: remoteAddress ?? `198.51.${Math.floor(browsers / 250)}.${1 + (browsers % 250)}`,
      ...(userAgent === undefined ? {} : { userAgent }),
    })
  }
  // By id, not by arrival: several mails leave at once, and their ids tell the order in which they were queued.
  const newestWith = async (email: string, part: 'code' | 'link'): Promise<string> => {
    await auth.drainOutbox()
    const mails = mailbox.list().filter((mail) => mail.to === email && mail[part] !== undefined)
    return mails.toSorted((a, b) => (a.id < b.id ? 1 : -1))[0]?.[part] ?? ''
  }
  const codeFor = (email: string): Promise<string> => newestWith(email, 'code')
  const proveCode: TestAuth['proveCode'] = (person, attempt, code) =>
    person.post('/sign-in/factor/email-code', { attempt: attempt.body['attempt'], code })
  return {
    auth,
    storage,
    clock,
    mailbox,
    browser,
    codeFor,
    linkFor: (email) => newestWith(email, 'link'),
    proveCode,
    async signIn(person, email, chosen = testPassword) {
      const first = await person.post('/sign-in/password', { email, password: chosen })
      return first.body['status'] === 'needs_factor' ? proveCode(person, first, await codeFor(email)) : first
    },
    async events() {
      const kinds: string[] = []
      let cursor: string | null = null
      do {
        const page = await storage.listEvents({ limit: 200, ascending: true, ...(cursor === null ? {} : { cursor }) })
        for (const { kind, data } of page.items) {
          const { reason } = JSON.parse(data) as { readonly reason?: string }
          kinds.push(reason === undefined ? kind : `${kind} ${reason}`)
        }
        cursor = page.nextCursor
      } while (cursor !== null)
      return kinds
    },
    async signUp(email, chosen = testPassword) {
      const person = browser()
      const started = await person.post('/sign-up', { email, password: chosen })
      const finished = await proveCode(person, started, await codeFor(email))
      if (finished.body['status'] !== 'signed_in')
        throw new Error(`sign-up failed: ${finished.status} ${finished.text}`)
      return person
    },
  }
}
