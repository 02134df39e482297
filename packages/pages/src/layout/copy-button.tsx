import { useState, type ReactElement } from 'react'
import { texts } from '../texts/texts.ts'
import { Button } from './button.tsx'

/** Copies, and says so where it is looked at and where it is heard. */
export function CopyButton(props: { readonly text: string; readonly children: string }): ReactElement {
  const [copied, setCopied] = useState(false)
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(props.text)
    setCopied(true)
  }
  return (
    <>
      <Button kind="small" onClick={() => void copy()}>
        {copied ? texts.copied : props.children}
      </Button>
      <output className="sr-only">{copied && texts.copied}</output>
    </>
  )
}
