import { useEffect, useRef, type ReactElement } from 'react'
import { texts } from '../texts/texts.ts'
import { Field } from './text-field.tsx'

/**
 * One input for all digits, so that paste, autofill and screen readers see one code. It has no maxlength: “123 456” must survive a paste.
 * `onComplete` is called when the last digit arrives.
 */
export function CodeField(props: {
  readonly digits: number
  readonly hint: string
  readonly onComplete: () => void
}): ReactElement {
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    input.current?.focus()
  }, [])
  return (
    <Field
      name="code"
      label={texts.fields.code(props.digits)}
      hint={props.hint}
      control={(attributes) => (
        <div className="@container group relative overflow-clip rounded-xl">
          <div className="code-places" data-digits={props.digits}>
            <div className="code-boxes" aria-hidden="true">
              {Array.from({ length: props.digits }, (_, place) => (
                <span
                  key={place}
                  className="h-14 rounded-xl border border-edge bg-surface group-focus-within:border-2 group-focus-within:border-brass group-has-aria-invalid:border-danger"
                />
              ))}
            </div>
            <input
              {...attributes}
              ref={input}
              type="text"
              inputMode="numeric"
              autoComplete="one-time-code"
              autoCorrect="off"
              spellCheck={false}
              className="code-input"
              onInput={(event) => {
                const field = event.currentTarget
                const digits = field.value.replace(/\D/g, '').slice(0, props.digits)
                if (digits !== field.value) field.value = digits
                if (digits.length === props.digits) props.onComplete()
              }}
            />
          </div>
        </div>
      )}
    />
  )
}
