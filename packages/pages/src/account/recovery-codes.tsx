import { useState, type ReactElement } from 'react'
import { client } from '../client.ts'
import { Button } from '../layout/button.tsx'
import { texts } from '../texts/texts.ts'
import { Outcome } from './outcome.tsx'
import { RecoveryCodesDialog } from './recovery-codes-dialog.tsx'
import { Section } from './section.tsx'
import { useChange } from './use-change.ts'

/** Few enough to think of new ones. */
const low = 3

export function RecoveryCodesSection(props: {
  readonly left: number
  readonly reload: () => Promise<void>
}): ReactElement {
  const [codes, setCodes] = useState<readonly string[]>([])
  const { busy, outcome, run } = useChange(props.reload)
  const regenerate = (): Promise<void> =>
    run('regenerate', async () => {
      const result = await client.regenerateRecoveryCodes()
      if (result.ok) setCodes(result.recoveryCodes)
      return { result, done: texts.recoveryCodes.regenerated }
    })
  return (
    <Section
      title={texts.recoveryCodes.section}
      lead={
        <span className={props.left <= low ? 'font-medium text-danger' : undefined}>
          {texts.recoveryCodes.left(props.left)}
        </span>
      }
      action={
        <Button kind="small" busy={busy === 'regenerate'} onClick={() => void regenerate()}>
          {texts.recoveryCodes.regenerate}
        </Button>
      }
    >
      <Outcome of={outcome} />
      {codes.length > 0 && <RecoveryCodesDialog codes={codes} onClose={() => setCodes([])} />}
    </Section>
  )
}
