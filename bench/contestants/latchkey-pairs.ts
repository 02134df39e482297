import type { Auth } from 'latchkey'
import { addressOf, createBrowser, type Answer } from '../harness/browser.ts'
import { benchPassword, wrongPassword } from '../harness/people.ts'
import type { Bench, Person } from './latchkey-operations.ts'

/** A request to each public route that takes an address, as a stranger who wonders whether it has an account sends it. */
const bodies: Readonly<Record<string, (email: string) => object>> = {
  '/sign-in/password': (email) => ({ email, password: wrongPassword }),
  '/sign-up': (email) => ({ email, password: benchPassword }),
  '/sign-in/email-code': (email) => ({ email }),
  '/sign-in/magic-link': (email) => ({ email }),
  '/password/reset-request': (email) => ({ email }),
}

/** All of the route table; one without a body here is an error, so that a new way in is not forgotten. */
export function entryPaths({ routes }: Auth): readonly string[] {
  const paths = routes
    .filter(({ access, body }) => access.kind === 'public' && takesAddress(body))
    .map(({ path }) => path)
  const forgotten = paths.filter((path) => bodies[path] === undefined)
  if (forgotten.length > 0) throw new Error(`no pair for: ${forgotten.join(', ')}`)
  return paths
}

function takesAddress(schema: unknown): boolean {
  return (
    typeof schema === 'object' &&
    schema !== null &&
    'entries' in schema &&
    Object.hasOwn(schema.entries as object, 'email')
  )
}

/** Interleaved pairs of times in milliseconds: known, unknown. */
export async function timePairs(
  auth: Auth,
  { people, strangers, passTime }: Bench,
  base: string,
  { path, pairs }: { readonly path: string; readonly pairs: number },
): Promise<readonly (readonly [number, number])[]> {
  const bodyOf = bodies[path]
  if (bodyOf === undefined) throw new Error(`no pair for ${path}`)
  let visitor = 20_000
  const time = async (email: string): Promise<readonly [number, Answer]> => {
    const remoteAddress = addressOf(++visitor)
    const browser = createBrowser((request, from) => auth.handle(request, { remoteAddress: from }), base, remoteAddress)
    const startedAt = performance.now()
    const answer = await browser.send('POST', path, bodyOf(email))
    const ms = performance.now() - startedAt
    await auth.drainOutbox()
    return [ms, answer]
  }
  const times: (readonly [number, number])[] = []
  for (let pair = -10; pair < pairs; pair++) {
    const turn = (pair + 10) % people.length
    const { email } = people[turn] as Person
    const stranger = strangers[turn] as string
    const knownFirst = pair % 2 === 0
    // Limits are true ones: whoever comes round again comes another day.
    if (turn === 0) passTime(25 * 3_600_000)
    const first = await time(knownFirst ? email : stranger)
    const second = await time(knownFirst ? stranger : email)
    const [known, unknown] = knownFirst ? [first, second] : [second, first]
    if (known[1].status !== unknown[1].status) throw new Error(`${path}: ${known[1].text} and ${unknown[1].text}`)
    if (known[1].status === 429) throw new Error(`${path}: the limit answered`)
    // The first ones warm up.
    if (pair >= 0) times.push([known[0], unknown[0]])
  }
  return times
}
