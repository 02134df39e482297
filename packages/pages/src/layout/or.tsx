import type { ReactElement } from 'react'
import { texts } from '../texts/texts.ts'

/** Between the main way and the others. */
export function Or(): ReactElement {
  return (
    <p className="my-4 flex items-center gap-3 text-[0.8125rem] text-muted before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
      {texts.signIn.or}
    </p>
  )
}
