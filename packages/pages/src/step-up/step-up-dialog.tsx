import { useState, type ReactElement } from 'react'
import type { Failure, NeedsFactor, SignInResult } from '@latchkey/browser'
import { OtherFactors } from '../factors/other-factors.tsx'
import { useFactor } from '../factors/use-factor.ts'
import { Button } from '../layout/button.tsx'
import { MailHint } from '../layout/card-page.tsx'
import { Dialog } from '../layout/dialog.tsx'
import { Heading } from '../layout/heading.tsx'
import { Notice } from '../layout/notice.tsx'
import type { PendingAttempt } from '../pending-attempt.ts'
import { texts } from '../texts/texts.ts'
import { useStepUpRequest, type StepUpRequest } from './step-up-request.ts'

/** Asks who is there in the middle of something; what was asked for goes on by itself afterwards. */
export function StepUpDialog(): ReactElement | null {
  const request = useStepUpRequest()
  if (request === undefined) return null
  return (
    <Dialog onClose={() => request.end(false)}>
      {request.asked.ok ? (
        <Proofs request={request} asked={request.asked} />
      ) : (
        <Refused code={request.asked.code} onClose={() => request.end(false)} />
      )}
    </Dialog>
  )
}

function Proofs(props: { readonly request: StepUpRequest; readonly asked: NeedsFactor }): ReactElement {
  const { end } = props.request
  const [pending, setPending] = useState<PendingAttempt>({ ...props.asked, purpose: 'step-up' })
  const [over, setOver] = useState(false)
  const { id, Factor, others, choose } = useFactor(pending)

  const onResult = (result: SignInResult): Failure | undefined => {
    if (!result.ok) {
      if (result.code !== 'attempt_over') return result
      setOver(true)
    } else if (result.status === 'needs_factor') setPending({ ...result, purpose: 'step-up' })
    else end(true)
    return undefined
  }

  if (over) return <Refused code="attempt_over" onClose={() => end(false)} />
  if (Factor === undefined) return <Heading lead={texts.code.otherFactor}>{texts.code.titleStepUp}</Heading>
  return (
    <>
      <Factor key={pending.attempt + id} pending={pending} onResult={onResult} />
      <OtherFactors factors={others} onChoose={choose} />
      {id === 'email_code' && <MailHint />}
    </>
  )
}

function Refused(props: { readonly code: Failure['code']; readonly onClose: () => void }): ReactElement {
  return (
    <>
      <Heading>{texts.code.titleStepUp}</Heading>
      <Notice tone="danger">
        <p>{texts.problem(props.code)}</p>
      </Notice>
      <Button kind="secondary" onClick={props.onClose}>
        {texts.dialog.close}
      </Button>
    </>
  )
}
