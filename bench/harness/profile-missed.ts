import type { Result, Run, Verdict } from './benchmark.ts'
import type { ContestantProcess } from './contestant-process.ts'

/** Where a bar is missed, where our time goes. Not in a quick run. */
export async function profileMissed(
  run: Run,
  field: readonly ContestantProcess[],
  verdicts: readonly Verdict[],
  { operation, concurrency }: { readonly operation: string; readonly concurrency: number },
): Promise<NonNullable<Result['profiles']>> {
  if (run.quick || verdicts.every(({ met }) => met !== false)) return []
  const profiles: { of: string; profile: Awaited<ReturnType<ContestantProcess['profile']>> }[] = []
  for (const contestant of field) {
    if (!/^Latchkey, (SQLite|PostgreSQL)/.test(contestant.label) || !contestant.operations.includes(operation)) continue
    run.say(`  profile of ${contestant.label}, ${operation}`)
    const profile = await contestant.profile({ operation, concurrency, durationMs: 3_000 })
    profiles.push({ of: `${contestant.label}: ${operation}, ${concurrency} at a time`, profile })
  }
  return profiles
}
