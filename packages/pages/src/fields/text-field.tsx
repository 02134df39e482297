import { useContext, useId, type HTMLInputAutoCompleteAttribute, type ReactElement, type ReactNode } from 'react'
import { texts } from '../texts/texts.ts'
import { FormContext } from './form.tsx'

export const inputClass =
  'block h-12 w-full rounded-xl border bg-surface px-4 text-base text-ink transition-colors placeholder:text-muted ' +
  'border-edge hover:border-muted focus:border-brass focus:outline-2 focus:outline-offset-0 focus:outline-brass ' +
  'aria-invalid:border-danger aria-invalid:focus:outline-danger'

export interface FieldProps {
  readonly name: string
  readonly label: string
  readonly hint?: string
  readonly optional?: boolean
  /** Stands at the right end of the label's line. */
  readonly aside?: ReactNode
}

export interface ControlProps {
  readonly id: string
  readonly name: string
  readonly required: boolean
  readonly 'aria-invalid': true | undefined
  readonly 'aria-describedby': string
}

/** Label, control, and one line below that holds the hint or the problem: it is there from the start, so a problem moves nothing. */
export function Field(props: FieldProps & { readonly control: (attributes: ControlProps) => ReactNode }): ReactElement {
  const id = useId()
  const reason = useContext(FormContext).errors[props.name]
  return (
    <div className="mb-3">
      <div className="mb-1.5 flex items-baseline justify-between gap-3">
        <label htmlFor={id} className="text-sm font-medium">
          {props.label}
          {props.optional === true && <span className="font-normal text-muted"> ({texts.fields.optional})</span>}
        </label>
        {props.aside}
      </div>
      {props.control({
        id,
        name: props.name,
        required: props.optional !== true,
        'aria-invalid': reason === undefined ? undefined : true,
        'aria-describedby': `${id}-message`,
      })}
      <p
        id={`${id}-message`}
        className={`mt-1.5 min-h-5 text-[0.8125rem]/5 ${reason === undefined ? 'text-muted' : 'text-danger'}`}
      >
        {reason === undefined ? props.hint : texts.fieldProblem(props.name, reason)}
      </p>
    </div>
  )
}

export function TextField(
  props: FieldProps & {
    readonly autoComplete: HTMLInputAutoCompleteAttribute
    readonly initial?: string
    /** For a form that opens because the person asked for it. */
    readonly takesFocus?: boolean
  },
): ReactElement {
  return (
    <Field
      {...props}
      control={(attributes) => (
        <input
          {...attributes}
          type="text"
          autoComplete={props.autoComplete}
          autoFocus={props.takesFocus}
          defaultValue={props.initial}
          className={inputClass}
        />
      )}
    />
  )
}
