import { useRef, useState, type ReactElement } from 'react'
import { supportsPasskeys, type Passkey } from '@latchkey/browser'
import { client } from '../client.ts'
import { Button } from '../layout/button.tsx'
import { PasskeyIcon } from '../layout/icons.tsx'
import { texts } from '../texts/texts.ts'
import { dateAndTime, longDate, relativeTime } from '../time.ts'
import { Outcome } from './outcome.tsx'
import { EditPasskeyForm, NewPasskeyForm } from './passkey-forms.tsx'
import { RecoveryCodesDialog } from './recovery-codes-dialog.tsx'
import { Section } from './section.tsx'
import { useChange } from './use-change.ts'

export function PasskeysSection(props: {
  readonly passkeys: readonly Passkey[]
  readonly reload: () => Promise<void>
}): ReactElement {
  const { passkeys, reload } = props
  const [adding, setAdding] = useState(false)
  const [editing, setEditing] = useState<string>()
  const [codes, setCodes] = useState<readonly string[]>([])
  const heading = useRef<HTMLHeadingElement>(null)
  const { busy, outcome, run, say } = useChange(reload)

  const saved = async (text: string, recoveryCodes: readonly string[]): Promise<void> => {
    await reload()
    setAdding(false)
    setEditing(undefined)
    heading.current?.focus()
    say({ tone: 'fine', text })
    setCodes(recoveryCodes)
  }
  const remove = ({ id, name }: Passkey): Promise<void> =>
    run(id, async () => {
      const result = await client.removePasskey(id)
      if (result.ok) heading.current?.focus()
      return { result, done: texts.passkeys.removed(name) }
    })

  return (
    <Section
      title={texts.passkeys.title}
      lead={texts.passkeys.lead}
      headingRef={heading}
      action={
        supportsPasskeys() && (
          <Button
            kind="small"
            expanded={adding}
            onClick={() => {
              say(undefined)
              setAdding(!adding)
            }}
          >
            {adding ? texts.account.cancel : texts.passkeys.add}
          </Button>
        )
      }
    >
      <Outcome of={outcome} />
      {adding && (
        <NewPasskeyForm onAdded={({ name }, recoveryCodes) => saved(texts.passkeys.added(name), recoveryCodes)} />
      )}
      {passkeys.length > 0 && (
        <ul className="mt-3 divide-y divide-line">
          {passkeys.map((passkey) => (
            <li key={passkey.id} className="py-4 last:pb-0">
              <Row
                passkey={passkey}
                busy={busy === passkey.id}
                editing={editing === passkey.id}
                onEdit={() => setEditing(editing === passkey.id ? undefined : passkey.id)}
                onRemove={() => void remove(passkey)}
              />
              {editing === passkey.id && (
                <EditPasskeyForm
                  passkey={passkey}
                  onSaved={(recoveryCodes) => saved(texts.passkeys.saved, recoveryCodes)}
                />
              )}
            </li>
          ))}
        </ul>
      )}
      {codes.length > 0 && <RecoveryCodesDialog codes={codes} onClose={() => setCodes([])} />}
    </Section>
  )
}

function Row(props: {
  readonly passkey: Passkey
  readonly busy: boolean
  readonly editing: boolean
  readonly onEdit: () => void
  readonly onRemove: () => void
}): ReactElement {
  const { name, usage, synced, createdAt, lastUsedAt } = props.passkey
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
      <span className="hidden size-10 shrink-0 place-items-center rounded-xl bg-sunken text-muted min-[24rem]:grid">
        <PasskeyIcon />
      </span>
      <div className="min-w-48 flex-1">
        <p className="font-medium">{name}</p>
        <p className="mt-0.5 text-sm text-muted">
          {texts.passkeys.usages[usage]} · {synced ? texts.passkeys.synced : texts.passkeys.notSynced}
        </p>
        <p className="text-sm text-muted">
          {texts.passkeys.created(longDate(createdAt))} ·{' '}
          {lastUsedAt === null ? (
            texts.passkeys.neverUsed
          ) : (
            <time dateTime={lastUsedAt} title={dateAndTime(lastUsedAt)}>
              {texts.passkeys.used(relativeTime(lastUsedAt, Date.now()))}
            </time>
          )}
        </p>
      </div>
      <div className="flex gap-2">
        <Button
          kind="small"
          expanded={props.editing}
          label={props.editing ? texts.account.cancel : texts.passkeys.editLabel(name)}
          onClick={props.onEdit}
        >
          {props.editing ? texts.account.cancel : texts.passkeys.edit}
        </Button>
        <Button kind="small" busy={props.busy} label={texts.passkeys.removeLabel(name)} onClick={props.onRemove}>
          {texts.account.remove}
        </Button>
      </div>
    </div>
  )
}
