import { useState } from 'react'
import type { Failure } from '@latchkey/browser'
import { texts } from '../texts/texts.ts'

export interface ChangeOutcome {
  readonly tone: 'danger' | 'fine'
  readonly text: string
}

export interface Change {
  /** Which change runs, by the name that `run` got. */
  readonly busy: string | undefined
  readonly outcome: ChangeOutcome | undefined
  say(outcome: ChangeOutcome | undefined): void
  /** Makes a change, shows the account as it is then, and says how it went. */
  run(
    name: string,
    change: () => Promise<{ readonly result: { readonly ok: true } | Failure; readonly done?: string }>,
  ): Promise<void>
}

/** A button of the account page that changes something by one call. */
export function useChange(reload: () => Promise<void>): Change {
  const [busy, setBusy] = useState<string>()
  const [outcome, say] = useState<ChangeOutcome>()
  return {
    busy,
    outcome,
    say,
    async run(name, change) {
      setBusy(name)
      say(undefined)
      const { result, done } = await change()
      if (result.ok && done !== undefined) await reload()
      setBusy(undefined)
      if (!result.ok) {
        // Whoever closed the question knows that nothing happened.
        const declined = result.code === 'fresh_required' || result.code === 'aal_required'
        if (!declined) say({ tone: 'danger', text: texts.problem(result.code) })
      } else if (done !== undefined) say({ tone: 'fine', text: done })
    },
  }
}
