import { useEffect, type ReactElement } from 'react'
import { arrive } from '../arrive.ts'
import { client } from '../client.ts'
import { useConfig } from '../config.ts'
import { Button } from '../layout/button.tsx'
import { CardPage } from '../layout/card-page.tsx'
import { Heading } from '../layout/heading.tsx'
import { texts } from '../texts/texts.ts'

/** Waits for the mailed link, which opens in another tab: when that one has signed in, this one goes on too. */
export function LinkSent(props: { readonly email: string; readonly onBack: () => void }): ReactElement {
  const config = useConfig()
  useEffect(
    () =>
      client.onSessionChange((change) => {
        if (change === 'signed_in') arrive(undefined, config)
      }),
    [config],
  )
  return (
    <CardPage waitsForMail>
      <Heading key="sent" lead={texts.magicLink.sent(props.email)}>
        {texts.magicLink.sentTitle}
      </Heading>
      <p className="mb-6 text-sm text-muted">{texts.magicLink.elsewhere}</p>
      <Button kind="secondary" onClick={props.onBack}>
        {texts.magicLink.again}
      </Button>
    </CardPage>
  )
}
