import { useEffect, useRef, type ReactElement, type ReactNode } from 'react'
import { createPortal } from 'react-dom'
import { texts } from '../texts/texts.ts'
import { HeadingPlace } from './heading.tsx'
import { CloseIcon } from './icons.tsx'

/**
 * A question that must be answered before the page goes on. The browser's own modal dialog: it keeps the focus inside, makes the rest inert, closes on
 * Escape and gives the focus back. Its `Heading` names it.
 */
export function Dialog(props: { readonly onClose: () => void; readonly children: ReactNode }): ReactElement {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const element = dialog.current
    element?.showModal()
    return () => element?.close()
  }, [])
  // Beside the page in the document, so that what is printed of it is not below a page that nobody wanted to print.
  return createPortal(
    <dialog
      ref={dialog}
      aria-labelledby="dialog-title"
      onCancel={(event) => {
        event.preventDefault()
        props.onClose()
      }}
      onClose={() => {
        // Browsers close a dialog on a second Escape, whatever the page says. If it is still wanted it opens again.
        props.onClose()
        requestAnimationFrame(() => {
          if (dialog.current?.open === false) dialog.current.showModal()
        })
      }}
      className="m-auto max-h-[calc(100dvh-2rem)] w-[min(27.5rem,calc(100vw-2rem))] animate-appear overflow-y-auto rounded-3xl border border-line bg-surface px-5 py-7 text-ink shadow-lift backdrop:bg-(--veil-ground) backdrop:opacity-(--veil-share) sm:px-9 sm:py-9"
    >
      <HeadingPlace value="dialog">{props.children}</HeadingPlace>
      <button
        type="button"
        aria-label={texts.dialog.close}
        onClick={props.onClose}
        className="absolute top-4 right-4 grid size-10 place-items-center rounded-xl text-muted hover:bg-sunken hover:text-ink"
      >
        <CloseIcon />
      </button>
    </dialog>,
    document.body,
  )
}
