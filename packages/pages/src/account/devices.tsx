import { useRef, type ReactElement } from 'react'
import type { DeviceSession, DoneResult } from '@latchkey/browser'
import { client } from '../client.ts'
import { deviceName } from '../device-name.ts'
import { Button } from '../layout/button.tsx'
import { LaptopIcon, PhoneIcon } from '../layout/icons.tsx'
import { texts } from '../texts/texts.ts'
import { dateAndTime, relativeTime } from '../time.ts'
import { Outcome } from './outcome.tsx'
import { Section } from './section.tsx'
import { useChange } from './use-change.ts'

export function DevicesSection(props: {
  readonly sessions: readonly DeviceSession[]
  readonly reload: () => Promise<void>
}): ReactElement {
  const heading = useRef<HTMLHeadingElement>(null)
  const { busy, outcome, run } = useChange(props.reload)
  const ordered = props.sessions.toSorted(
    (a, b) => Number(b.current) - Number(a.current) || b.lastSeenAt.localeCompare(a.lastSeenAt),
  )

  const revoke = (what: string, revocation: () => Promise<DoneResult>, done: string): Promise<void> =>
    run(what, async () => {
      const result = await revocation()
      // The button that had the focus goes with its row.
      if (result.ok) heading.current?.focus()
      // Already gone is what was wanted.
      return { result: !result.ok && result.code === 'not_found' ? { ok: true } : result, done }
    })

  return (
    <Section
      title={texts.account.devices}
      headingRef={heading}
      lead={texts.account.devicesLead}
      action={
        ordered.length > 1 && (
          <Button
            kind="small"
            busy={busy === 'others'}
            onClick={() => void revoke('others', () => client.revokeOtherSessions(), texts.account.othersRevoked)}
          >
            {texts.account.revokeOthers}
          </Button>
        )
      }
    >
      <Outcome of={outcome} />
      <ul className="mt-3 divide-y divide-line">
        {ordered.map((session) => (
          <Device
            key={session.id}
            session={session}
            busy={busy === session.id}
            onRevoke={(name) =>
              void revoke(session.id, () => client.revokeSession(session.id), texts.account.revoked(name))
            }
          />
        ))}
      </ul>
    </Section>
  )
}

function Device(props: {
  readonly session: DeviceSession
  readonly busy: boolean
  readonly onRevoke: (name: string) => void
}): ReactElement {
  const { session } = props
  const { name, handheld } = deviceName(session.userAgent)
  return (
    <li className="flex items-center gap-4 py-4 last:pb-0">
      <span className="hidden size-10 shrink-0 place-items-center rounded-xl bg-sunken text-muted min-[24rem]:grid">
        {handheld ? <PhoneIcon /> : <LaptopIcon />}
      </span>
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1 font-medium">
          {name}
          {session.current && (
            <span className="rounded-full bg-brass-soft px-2 py-0.5 text-xs font-medium text-brass">
              {texts.account.thisDevice}
            </span>
          )}
        </p>
        <p className="mt-0.5 text-sm text-muted">
          {session.current ? (
            texts.account.activeNow
          ) : (
            <time dateTime={session.lastSeenAt} title={dateAndTime(session.lastSeenAt)}>
              {texts.account.lastSeen} {relativeTime(session.lastSeenAt, Date.now())}
            </time>
          )}
          {session.ip !== null && ` · ${session.ip}`}
        </p>
      </div>
      {!session.current && (
        <Button
          kind="small"
          busy={props.busy}
          label={texts.account.revokeLabel(name)}
          onClick={() => props.onRevoke(name)}
        >
          {texts.account.revoke}
        </Button>
      )}
    </li>
  )
}
