import { useId, useState, type ReactElement } from 'react'
import { useConfig } from '../config.ts'
import { Button } from '../layout/button.tsx'
import { CopyButton } from '../layout/copy-button.tsx'
import { Dialog } from '../layout/dialog.tsx'
import { Heading } from '../layout/heading.tsx'
import { texts } from '../texts/texts.ts'

/** Shown once: the server keeps digests alone. It closes when the person says that the codes are kept. */
export function RecoveryCodesDialog(props: {
  readonly codes: readonly string[]
  readonly onClose: () => void
}): ReactElement {
  const [saved, setSaved] = useState(false)
  const [asked, setAsked] = useState(false)
  const { appName } = useConfig()
  const id = useId()
  const text = props.codes.join('\n')
  const close = (): void => {
    if (saved) props.onClose()
    else setAsked(true)
  }
  return (
    <Dialog onClose={close}>
      <Heading lead={texts.recoveryCodes.lead}>{texts.recoveryCodes.title}</Heading>
      <p data-print className="hidden pb-3 text-sm print:block">
        {texts.recoveryCodes.fileHead(appName)}
      </p>
      <ol
        data-print
        aria-label={texts.recoveryCodes.title}
        className="grid grid-cols-1 gap-x-4 gap-y-1 rounded-2xl bg-sunken px-5 py-4 font-mono text-[0.9375rem]/7 min-[22rem]:grid-cols-2"
        translate="no"
      >
        {props.codes.map((code) => (
          <li key={code} className="whitespace-nowrap">
            {code}
          </li>
        ))}
      </ol>
      <div className="mt-4 flex flex-wrap gap-2">
        <CopyButton text={text}>{texts.recoveryCodes.copy}</CopyButton>
        <Button
          kind="small"
          onClick={() =>
            download(`${fileName(appName)}-recovery-codes.txt`, `${texts.recoveryCodes.fileHead(appName)}\n\n${text}\n`)
          }
        >
          {texts.recoveryCodes.download}
        </Button>
        <Button kind="small" onClick={() => window.print()}>
          {texts.recoveryCodes.print}
        </Button>
      </div>
      <div className="mt-6 border-t border-line pt-5">
        <label htmlFor={id} className="flex items-start gap-3 text-sm/5">
          <input
            id={id}
            type="checkbox"
            checked={saved}
            aria-describedby={`${id}-message`}
            onChange={(event) => setSaved(event.currentTarget.checked)}
            className="mt-0.5 size-4 shrink-0 accent-(--ink)"
          />
          {texts.recoveryCodes.saved}
        </label>
        <p id={`${id}-message`} role="alert" className="mt-1.5 mb-2 min-h-5 text-[0.8125rem]/5 text-danger">
          {asked && !saved && texts.recoveryCodes.saveFirst}
        </p>
        <Button kind="primary" onClick={close}>
          {texts.recoveryCodes.done}
        </Button>
      </div>
    </Dialog>
  )
}

function fileName(appName: string): string {
  return (
    appName
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '') || 'account'
  )
}

/** From memory to the disk, past no server. */
function download(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/plain' }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  URL.revokeObjectURL(address)
}
