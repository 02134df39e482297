import { useSyncExternalStore } from 'react'
import type { NeedsFactorResult, StepUpProblemCode } from '@latchkey/browser'

/** Something that the person asked for waits until they proved again who they are. */
export interface StepUpRequest {
  readonly code: StepUpProblemCode
  readonly asked: NeedsFactorResult
  /** Ends the wait: goes on with what was asked for, or leaves it refused. */
  readonly end: (proved: boolean) => void
}

let request: StepUpRequest | undefined
const listeners = new Set<() => void>()

function show(next: StepUpRequest | undefined): void {
  request = next
  for (const listener of listeners) listener()
}

/** The client calls it when a call was refused, and makes the call again after `true`. It shows the dialog wherever the person is. */
export async function requestStepUp(
  code: StepUpProblemCode,
  stepUp: () => Promise<NeedsFactorResult>,
): Promise<boolean> {
  const asked = await stepUp()
  return new Promise((resolve) => {
    show({
      code,
      asked,
      end: (proved) => {
        show(undefined)
        resolve(proved)
      },
    })
  })
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function useStepUpRequest(): StepUpRequest | undefined {
  return useSyncExternalStore(subscribe, () => request)
}
