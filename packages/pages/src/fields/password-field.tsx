import { useContext, useState, type ReactElement, type ReactNode } from 'react'
import { texts } from '../texts/texts.ts'
import { FormContext } from './form.tsx'
import { Field, inputClass } from './text-field.tsx'

/** Paste and password managers work (ASVS 6.2.7): no handler stands in their way, and no length is cut off. */
export function PasswordField(props: {
  readonly name: 'password' | 'currentPassword'
  readonly label: string
  readonly autoComplete: 'current-password' | 'new-password'
  readonly hint?: string
  readonly aside?: ReactNode
  /** For a form that opens because the person asked for it. */
  readonly takesFocus?: boolean
}): ReactElement {
  const [shown, setShown] = useState(false)
  // Hidden while it is sent: password managers save from password fields alone.
  const { busy } = useContext(FormContext)
  return (
    <Field
      name={props.name}
      label={props.label}
      {...(props.hint === undefined ? {} : { hint: props.hint })}
      aside={props.aside}
      control={(attributes) => (
        <div className="relative">
          <input
            {...attributes}
            type={shown && !busy ? 'text' : 'password'}
            autoComplete={props.autoComplete}
            autoFocus={props.takesFocus}
            autoCapitalize="none"
            autoCorrect="off"
            spellCheck={false}
            className={`${inputClass} pr-19`}
          />
          <button
            type="button"
            aria-label={shown ? texts.fields.hidePassword(props.label) : texts.fields.showPassword(props.label)}
            aria-controls={attributes.id}
            onClick={() => setShown(!shown)}
            className="absolute inset-y-1 right-1 min-w-16 rounded-lg px-3 text-sm font-medium text-muted hover:bg-sunken hover:text-ink"
          >
            {shown ? texts.fields.hide : texts.fields.show}
          </button>
        </div>
      )}
    />
  )
}
