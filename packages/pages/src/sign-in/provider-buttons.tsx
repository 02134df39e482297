import type { ReactElement } from 'react'
import type { Failure, Provider } from '@latchkey/browser'
import { client } from '../client.ts'
import { Button } from '../layout/button.tsx'
import { texts } from '../texts/texts.ts'

/** One way in for each provider; the whole page goes there, and the server leads it back. */
export function ProviderButtons(props: {
  readonly providers: readonly Provider[]
  readonly run: (action: () => Promise<Failure | undefined>) => void
}): ReactElement | null {
  if (props.providers.length === 0) return null
  const go = async (provider: string): Promise<Failure | undefined> => {
    const result = await client.startOAuth(provider)
    if (!result.ok) return result
    window.location.assign(result.url)
    // Busy until the page is gone.
    return new Promise(() => undefined)
  }
  return (
    <>
      {props.providers.map(({ id, name }) => (
        <Button key={id} kind="secondary" onClick={() => props.run(() => go(id))}>
          <ProviderMark name={name} />
          {texts.signIn.provider(name)}
        </Button>
      ))}
    </>
  )
}

/** The first letter; trade marks are for whoever runs the server to license. */
function ProviderMark(props: { readonly name: string }): ReactElement {
  return (
    <span
      aria-hidden="true"
      className="grid size-5 shrink-0 place-items-center rounded-md bg-sunken text-xs font-semibold text-muted"
    >
      {Array.from(props.name)[0]}
    </span>
  )
}
