import type { ReactElement, ReactNode, Ref } from 'react'
import { texts } from '../texts/texts.ts'
import { Spinner } from './icons.tsx'

const shape =
  'inline-flex items-center justify-center gap-2 rounded-xl font-medium transition-colors select-none ' +
  'aria-disabled:cursor-not-allowed aria-disabled:opacity-60'

const kinds = {
  primary: `${shape} min-h-12 w-full px-5 text-[0.9375rem] bg-ink text-canvas hover:bg-ink/85 active:bg-ink/75`,
  secondary: `${shape} min-h-12 w-full px-5 text-[0.9375rem] bg-surface text-ink border border-edge/60 hover:bg-sunken active:bg-line`,
  /** Two beside each other in a card. */
  half: `${shape} min-h-12 w-full px-2 text-sm bg-surface text-ink border border-edge/60 hover:bg-sunken active:bg-line`,
  small: `${shape} min-h-10 px-4 bg-surface text-ink border border-edge/60 hover:bg-sunken active:bg-line text-sm`,
  text: `${shape} min-h-10 px-2 -mx-2 text-brass underline-offset-4 hover:underline text-sm`,
} as const

/**
 * A button that cannot be used stays focusable and says why in its label: a focused control that turns `disabled` drops the
 * keyboard's place on the page.
 */
export function Button(props: {
  readonly kind: keyof typeof kinds
  readonly children: ReactNode
  readonly type?: 'submit' | 'button'
  readonly busy?: boolean
  readonly blocked?: boolean
  readonly label?: string
  readonly expanded?: boolean
  readonly className?: string
  readonly ref?: Ref<HTMLButtonElement>
  readonly onClick?: () => void
}): ReactElement {
  const busy = props.busy === true
  const inert = busy || props.blocked === true
  return (
    <button
      ref={props.ref}
      type={props.type ?? 'button'}
      className={`${kinds[props.kind]} ${props.className ?? ''}`}
      aria-disabled={inert || undefined}
      aria-label={props.label}
      aria-expanded={props.expanded}
      onClick={(event) => {
        if (inert) event.preventDefault()
        else props.onClick?.()
      }}
    >
      {busy && <Spinner />}
      {busy ? (
        <>
          <span aria-hidden="true">{props.children}</span>
          <span className="sr-only">{texts.working}</span>
        </>
      ) : (
        props.children
      )}
    </button>
  )
}
