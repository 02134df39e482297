import type { ReactElement } from 'react'
import type { PasskeyUsage } from '@latchkey/browser'
import { texts } from '../texts/texts.ts'

const usages: readonly PasskeyUsage[] = ['both', 'primary', 'factor']

/** What a passkey may be used for. */
export function UsageField(props: { readonly initial: PasskeyUsage }): ReactElement {
  return (
    <fieldset className="mb-6">
      <legend className="mb-1.5 text-sm font-medium">{texts.passkeys.usage}</legend>
      <div className="grid gap-2">
        {usages.map((usage) => (
          <label
            key={usage}
            className="flex min-h-11 items-center gap-3 rounded-xl border border-edge/60 px-4 text-[0.9375rem] has-checked:border-brass has-checked:bg-brass-soft"
          >
            <input
              type="radio"
              name="usage"
              value={usage}
              defaultChecked={usage === props.initial}
              className="size-4 accent-(--brass)"
            />
            {texts.passkeys.usages[usage]}
          </label>
        ))}
      </div>
    </fieldset>
  )
}
