import type { ReactElement, ReactNode } from 'react'
import { AlertIcon, CheckIcon } from './icons.tsx'

/**
 * Good news and bad news. The live region stands there before its text does, else a screen reader would not hear it: render the
 * component always, and its children when there is something to say.
 */
export function Notice(props: {
  readonly tone: 'danger' | 'fine'
  readonly className?: string
  readonly children?: ReactNode
}): ReactElement {
  const danger = props.tone === 'danger'
  const filled = props.children !== undefined && props.children !== null && props.children !== false
  const colours = danger ? 'bg-danger-soft text-danger' : 'bg-fine-soft text-fine'
  return (
    <div role={danger ? 'alert' : 'status'}>
      {filled && (
        <div
          className={`${props.className ?? 'mb-5'} flex animate-appear gap-2.5 rounded-xl px-4 py-3 text-sm/5 ${colours}`}
        >
          {danger ? <AlertIcon /> : <CheckIcon />}
          <div className="min-w-0">{props.children}</div>
        </div>
      )}
    </div>
  )
}
