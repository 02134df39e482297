import type { Verdict } from '../harness/benchmark.ts'
import { number } from '../harness/verdict.ts'
import { markdownTable } from './verdicts-table.ts'

/** What a bar is about, for who wants to know no more. Percentiles, shares and bytes stand in the table of bars alone. */
const works: Readonly<Record<string, string>> = {
  B1: 'session check in the process',
  B2: 'session check over HTTP',
  B3: 'password sign-in, hash stubbed',
  B5: 'sign-up, sign-out, magic link, e-mail code, authenticator, refresh',
}

/** How many times as much a second as the peer, from the least to the greatest of the ratios. */
export function inShort(verdicts: readonly Verdict[]): string {
  const rows = Object.entries(works).flatMap(([bar, work]) =>
    ['SQLite', 'PostgreSQL'].flatMap((database) => {
      const ratios = verdicts
        .filter((verdict) => verdict.bar === bar && verdict.cpuRatio !== undefined)
        .filter(({ against }) => new RegExp(`^better-auth, ${database}[,:]`).test(against))
        .map(({ ratio }) => Number.parseFloat(ratio))
        .toSorted((a, b) => a - b)
      const [least, most] = [ratios[0], ratios.at(-1)]
      if (least === undefined || most === undefined) return []
      return [[work, database, least === most ? `${number(least)}×` : `${number(least)}× to ${number(most)}×`]]
    }),
  )
  return markdownTable(['work', 'database', 'as much a second as better-auth'], rows)
}
