import type { ReactElement } from 'react'
import type { FactorId } from '@latchkey/browser'
import { Button } from '../layout/button.tsx'
import { texts } from '../texts/texts.ts'

/** The other proofs that the server would take as well: nobody is stuck because a phone is elsewhere. */
export function OtherFactors(props: {
  readonly factors: readonly FactorId[]
  readonly onChoose: (factor: FactorId) => void
}): ReactElement | null {
  if (props.factors.length === 0) return null
  return (
    <div className="mt-6 border-t border-line pt-5">
      <p id="other-factors" className="text-sm text-muted">
        {texts.otherFactors.title}
      </p>
      <ul aria-labelledby="other-factors" className="mt-1 grid justify-items-start">
        {props.factors.map((factor) => (
          <li key={factor}>
            <Button kind="text" onClick={() => props.onChoose(factor)}>
              {texts.otherFactors[factor]}
            </Button>
          </li>
        ))}
      </ul>
    </div>
  )
}
