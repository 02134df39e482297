import {
  createContext,
  useContext,
  useEffect,
  useRef,
  useState,
  type Context,
  type ReactElement,
  type ReactNode,
  type RefObject,
} from 'react'
import type { Failure, PasskeyFailure } from '@latchkey/browser'
import { formatWait, useSecondsLeft } from '../countdown.ts'
import { Button } from '../layout/button.tsx'
import { Notice } from '../layout/notice.tsx'
import { texts } from '../texts/texts.ts'
import { timeOfDay } from '../time.ts'
import type { FieldErrors } from './checks.ts'

/** What the server refused, or the browser's own passkey dialog. */
export type FormFailure = Failure | PasskeyFailure

export interface FormState {
  readonly busy: boolean
  readonly errors: FieldErrors
  /** The failure that no field shows. */
  readonly failure: FormFailure | undefined
  /** When a refused form may be sent again, epoch milliseconds. */
  readonly blockedUntil: number | undefined
  /** Counts refusals, so that each one moves the focus, the same one twice too. */
  readonly refusals: number
}

export interface FormControl {
  readonly state: FormState
  readonly element: RefObject<HTMLFormElement | null>
  /** Runs the action unless a check found something or the form waits. The action returns its failure, or nothing. */
  submit(checked: FieldErrors, action: () => Promise<FormFailure | undefined>): Promise<void>
  clear(field: string): void
}

const pristine: FormState = { busy: false, errors: {}, failure: undefined, blockedUntil: undefined, refusals: 0 }

export const FormContext: Context<FormState> = createContext<FormState>(pristine)

export function useForm(): FormControl {
  const [state, setState] = useState(pristine)
  const element = useRef<HTMLFormElement>(null)
  const running = useRef(false)

  const refuse = (errors: FieldErrors, failure: FormFailure | undefined, blockedUntil?: number): void =>
    setState(({ refusals }) => ({ busy: false, errors, failure, blockedUntil, refusals: refusals + 1 }))

  return {
    state,
    element,
    async submit(checked, action) {
      if (running.current || (state.blockedUntil ?? 0) > Date.now()) return
      // The last digit sends a code, and a wrong one leaves the field empty: the Enter of a habit must not wipe off why.
      if (checked['code'] === 'required' && state.failure?.code === 'wrong_code') return
      if (Object.keys(checked).length > 0) return refuse(checked, undefined)
      running.current = true
      setState((before) => ({ ...before, busy: true, errors: {}, failure: undefined, blockedUntil: undefined }))
      try {
        const failure = await action()
        if (failure === undefined) setState((before) => ({ ...before, busy: false }))
        else if (failure.code === 'invalid_fields' || failure.code === 'password_rejected') {
          const shown = Object.keys(failure.fields).some((field) => element.current?.elements.namedItem(field))
          refuse(failure.fields, shown ? undefined : failure)
        } else if (failure.code === 'rate_limited' || failure.code === 'unavailable') {
          refuse({}, failure, Date.now() + failure.retryAfterSeconds * 1_000)
        } else refuse({}, failure)
      } finally {
        running.current = false
      }
    },
    clear(field) {
      if (state.errors[field] === undefined) return
      const { [field]: _gone, ...errors } = state.errors
      setState((before) => ({ ...before, errors }))
    },
  }
}

/** After these the person types the same field again. */
const retyped: readonly FormFailure['code'][] = ['invalid_credentials', 'wrong_code']

export function Form(props: {
  readonly form: FormControl
  /** The field that takes the focus when what was typed is wrong. */
  readonly retry?: string
  readonly onSubmit: (values: (field: string) => string) => void
  readonly children: ReactNode
}): ReactElement {
  const { state, element, clear } = props.form
  const { retry } = props
  useEffect(() => {
    if (state.refusals === 0) return
    const invalid = element.current?.querySelector<HTMLElement>('[aria-invalid="true"]')
    if (invalid) invalid.focus()
    else if (retry !== undefined && state.failure !== undefined && retyped.includes(state.failure.code)) {
      const field = element.current?.elements.namedItem(retry)
      if (field instanceof HTMLInputElement) {
        field.focus()
        if (field.autocomplete === 'one-time-code') field.value = ''
        else field.select()
      }
    }
    // Only a new refusal moves the focus.
  }, [state.refusals])
  return (
    <form
      ref={element}
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        const data = new FormData(event.currentTarget)
        props.onSubmit((field) => {
          const value = data.get(field)
          return typeof value === 'string' ? value : ''
        })
      }}
      onInput={(event) => {
        if (event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement)
          clear(event.target.name)
      }}
    >
      <FormContext value={state}>{props.children}</FormContext>
    </form>
  )
}

/** Says once when the wait ends; the counting is on the button, where no live region reads every second aloud. */
export function FormNotice(props: {
  /** What a failure means here, where the common words would mislead. */
  readonly words?: Partial<Record<FormFailure['code'], string>>
}): ReactElement {
  const { failure, blockedUntil } = useContext(FormContext)
  const secondsLeft = useSecondsLeft(blockedUntil)
  const waited = blockedUntil !== undefined && secondsLeft === 0
  return (
    <>
      <Notice tone="danger">
        {failure !== undefined && !waited && (
          <>
            <p>
              {props.words?.[failure.code] ?? texts.problem(failure.code)}{' '}
              {blockedUntil !== undefined && whenAgain(blockedUntil)}
            </p>
          </>
        )}
      </Notice>
      <Notice tone="fine">{waited && <p>{texts.waiting.over}</p>}</Notice>
    </>
  )
}

const aMomentMs = 60_000

function whenAgain(at: number): string {
  return at - Date.now() < aMomentMs ? texts.waiting.aMoment : texts.waiting.tryAgainAt(timeOfDay(at))
}

export function SubmitButton(props: { readonly children: string }): ReactElement {
  const { busy, blockedUntil } = useContext(FormContext)
  const secondsLeft = useSecondsLeft(blockedUntil)
  return (
    <Button kind="primary" type="submit" className="mt-1" busy={busy} blocked={secondsLeft > 0}>
      {secondsLeft > 0 ? <Countdown>{texts.waiting.buttonIn(formatWait(secondsLeft))}</Countdown> : props.children}
    </Button>
  )
}

/** Digits of one width, so that a button does not tremble while it counts. */
export function Countdown(props: { readonly children: string }): ReactElement {
  return <span className="tabular-nums">{props.children}</span>
}
