import type { ReactElement } from 'react'
import { texts } from '../texts/texts.ts'
import { Field, inputClass } from './text-field.tsx'

/** Goes along from sign-in to sign-up to reset, so that nobody types it twice; in memory only. */
let typedAddress = ''

export function EmailField(props: {
  /** Whether the browser lists the person's passkeys here (WebAuthn L3 section 5.1.4, conditional mediation). */
  readonly offersPasskeys?: boolean
}): ReactElement {
  return (
    <Field
      name="email"
      label={texts.fields.email}
      control={(attributes) => (
        <input
          {...attributes}
          type="email"
          inputMode="email"
          autoComplete={props.offersPasskeys === true ? 'username webauthn' : 'username'}
          autoCapitalize="none"
          spellCheck={false}
          defaultValue={typedAddress}
          onInput={(event) => {
            typedAddress = event.currentTarget.value
          }}
          className={inputClass}
        />
      )}
    />
  )
}

/** An address that is not the person's user name yet. */
export function NewEmailField(props: { readonly label: string; readonly hint: string }): ReactElement {
  return (
    <Field
      name="email"
      label={props.label}
      hint={props.hint}
      control={(attributes) => (
        <input
          {...attributes}
          type="email"
          inputMode="email"
          autoComplete="email"
          autoCapitalize="none"
          autoFocus
          spellCheck={false}
          className={inputClass}
        />
      )}
    />
  )
}

/** Tells a password manager whose password a form is about, where the form itself does not ask. */
export function KnownUsername(props: { readonly email: string }): ReactElement {
  return <input type="text" name="username" autoComplete="username" value={props.email} readOnly hidden />
}
