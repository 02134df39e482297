import { setTimeout as sleep } from 'node:timers/promises'
import type { Auth } from 'latchkey'
import { addressOf, createBrowser, expectStatus } from '../harness/browser.ts'
import type { Bench, Person } from './latchkey-operations.ts'
import { signedIn } from './latchkey-operations.ts'
import { benchPassword } from '../harness/people.ts'

export interface Watched {
  /** When the last check began that was still answered with the session; `null` when none was. */
  readonly lastAcceptedAtMs: number | null
  readonly accepted: number
  readonly refused: number
  /** Neither: the database was not there to be asked. */
  readonly faults: number
}

/** Milliseconds of the machine's monotonic clock, which all its processes share. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/** Opens sessions on this node: their cookies. */
export async function openSessions({ people, newBrowser }: Bench, count: number): Promise<readonly string[]> {
  const cookies: string[] = []
  for (let index = 0; index < count; index++) {
    const { email, browser: known } = people[index % people.length] as Person
    const browser = newBrowser()
    browser.cookies.set('latchkey-device', known.cookies.get('latchkey-device') ?? '')
    await signedIn(browser.send('POST', '/sign-in/password', { email, password: benchPassword }))
    cookies.push(`latchkey=${browser.cookies.get('latchkey')}`)
  }
  return cookies
}

/** Signs out on this node; gives the instant at which the answer was there. */
export async function revoke(auth: Auth, base: string, cookie: string): Promise<number> {
  const browser = createBrowser((request, from) => auth.handle(request, { remoteAddress: from }), base, addressOf(1))
  browser.cookies.set('latchkey', cookie.replace('latchkey=', ''))
  for (let tries = 1; ; tries++) {
    const answer = await browser.send('DELETE', '/session')
    // A fault of the database that the benchmark made: the person presses again.
    if (answer.status === 503 && tries < 50) await sleep(20)
    else {
      if (!(tries > 1 && answer.status === 401)) expectStatus(answer, 204, 'sign-out')
      return monotonicMs()
    }
  }
}

/** Asks this node about a session again and again, without waiting for answers that do not come. */
export async function watch(
  auth: Auth,
  url: string,
  {
    cookie,
    intervalMs,
    durationMs,
  }: { readonly cookie: string; readonly intervalMs: number; readonly durationMs: number },
): Promise<Watched> {
  const seen = { lastAcceptedAtMs: null as number | null, accepted: 0, refused: 0, faults: 0 }
  const ask = async (): Promise<void> => {
    const at = monotonicMs()
    const { status } = await auth.handle(new Request(url, { headers: { cookie } }), { remoteAddress: '198.18.0.1' })
    if (status === 200) {
      seen.accepted++
      seen.lastAcceptedAtMs = Math.max(seen.lastAcceptedAtMs ?? 0, at)
    } else if (status === 401) seen.refused++
    else seen.faults++
  }
  const startedAt = monotonicMs()
  const pending = new Set<Promise<void>>()
  for (let first = true; first || monotonicMs() - startedAt < durationMs; first = false) {
    if (pending.size < 200) {
      const asking = ask().finally(() => pending.delete(asking))
      pending.add(asking)
    }
    await sleep(intervalMs)
  }
  await Promise.race([Promise.all(pending), sleep(1_000)])
  return { ...seen }
}
