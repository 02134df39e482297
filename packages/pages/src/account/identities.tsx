import { useRef, type ReactElement } from 'react'
import type { Identity } from '@latchkey/browser'
import { client } from '../client.ts'
import { useConfig } from '../config.ts'
import { Button } from '../layout/button.tsx'
import { LinkIcon } from '../layout/icons.tsx'
import { texts } from '../texts/texts.ts'
import { longDate } from '../time.ts'
import { Outcome } from './outcome.tsx'
import { Section } from './section.tsx'
import { useChange } from './use-change.ts'

/** Accounts elsewhere that sign in here. */
export function IdentitiesSection(props: {
  readonly identities: readonly Identity[]
  readonly reload: () => Promise<void>
}): ReactElement {
  const providers = useConfig().methods.oauth?.providers ?? []
  const heading = useRef<HTMLHeadingElement>(null)
  const { busy, outcome, run } = useChange(props.reload)
  const nameOf = (id: string): string => providers.find((provider) => provider.id === id)?.name ?? id
  const unlinked = providers.filter(({ id }) => !props.identities.some(({ provider }) => provider === id))

  const link = (provider: string): Promise<void> =>
    run(provider, async () => {
      const result = await client.linkIdentity(provider)
      // The whole page goes to the provider, and comes back by way of the server.
      if (result.ok) window.location.assign(result.url)
      return { result }
    })
  const unlink = ({ id, provider }: Identity): Promise<void> =>
    run(id, async () => {
      const result = await client.unlinkIdentity(id)
      heading.current?.focus()
      return { result, done: texts.identities.unlinked(nameOf(provider)) }
    })

  return (
    <Section
      title={texts.identities.title}
      lead={texts.identities.lead}
      headingRef={heading}
      action={unlinked.map(({ id, name }) => (
        <Button key={id} kind="small" busy={busy === id} onClick={() => void link(id)}>
          {texts.identities.link(name)}
        </Button>
      ))}
    >
      <Outcome of={outcome} />
      {props.identities.length > 0 && (
        <ul className="mt-3 divide-y divide-line">
          {props.identities.map((identity) => (
            <li key={identity.id} className="flex items-center gap-4 py-4 last:pb-0">
              <span className="hidden size-10 shrink-0 place-items-center rounded-xl bg-sunken text-muted min-[24rem]:grid">
                <LinkIcon />
              </span>
              <div className="min-w-0 flex-1">
                <p className="font-medium">{nameOf(identity.provider)}</p>
                <p className="mt-0.5 text-sm text-muted">
                  {[identity.email ?? identity.name, texts.identities.since(longDate(identity.linkedAt))]
                    .filter((part) => part !== null)
                    .join(' · ')}
                </p>
              </div>
              <Button
                kind="small"
                busy={busy === identity.id}
                label={texts.identities.unlinkLabel(nameOf(identity.provider))}
                onClick={() => void unlink(identity)}
              >
                {texts.identities.unlink}
              </Button>
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}
