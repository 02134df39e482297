import type { ReactElement } from 'react'
import { texts } from '../texts/texts.ts'
import { Field, inputClass } from './text-field.tsx'

/** As printed, `4k7qz-m2x9c`; the server reads capitals, spaces and a missing hyphen too. */
export function RecoveryCodeField(): ReactElement {
  return (
    <Field
      name="recoveryCode"
      label={texts.fields.recoveryCode}
      hint={texts.recoveryCodeFactor.hint}
      control={(attributes) => (
        <input
          {...attributes}
          type="text"
          autoComplete="off"
          autoCapitalize="none"
          autoCorrect="off"
          autoFocus
          spellCheck={false}
          className={`${inputClass} font-mono tracking-wide`}
        />
      )}
    />
  )
}
