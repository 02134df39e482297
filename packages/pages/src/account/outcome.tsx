import type { ReactElement } from 'react'
import { Notice } from '../layout/notice.tsx'
import type { ChangeOutcome } from './use-change.ts'

/** How the last change of a section went. */
export function Outcome(props: { readonly of: ChangeOutcome | undefined }): ReactElement {
  return (
    <>
      <Notice tone="danger" className="mt-5">
        {props.of?.tone === 'danger' && <p>{props.of.text}</p>}
      </Notice>
      <Notice tone="fine" className="mt-5">
        {props.of?.tone === 'fine' && <p>{props.of.text}</p>}
      </Notice>
    </>
  )
}
