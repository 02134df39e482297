import type { ReactElement } from 'react'
import { CardPage } from '../layout/card-page.tsx'
import { Heading } from '../layout/heading.tsx'
import { Link } from '../router.tsx'
import { texts } from '../texts/texts.ts'

export function NotFoundPage(): ReactElement {
  return (
    <CardPage>
      <Heading lead={texts.notFound.lead}>{texts.notFound.title}</Heading>
      <Link to="/" className="link">
        {texts.notFound.home}
      </Link>
    </CardPage>
  )
}
