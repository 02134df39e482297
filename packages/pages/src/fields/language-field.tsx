import type { ReactElement } from 'react'
import { languageName } from '../language-name.ts'
import { ChevronIcon } from '../layout/icons.tsx'
import { texts } from '../texts/texts.ts'
import { Field, inputClass } from './text-field.tsx'

/** Those that most people of the web speak; the browser's own and the one chosen before are added. */
const common: readonly string[] = [
  'ar',
  'bn',
  'cs',
  'da',
  'de',
  'el',
  'en',
  'es',
  'fi',
  'fr',
  'he',
  'hi',
  'hu',
  'id',
  'it',
  'ja',
  'ko',
  'nb',
  'nl',
  'pl',
  'pt',
  'pt-BR',
  'ro',
  'ru',
  'sv',
  'th',
  'tr',
  'uk',
  'vi',
  'zh',
]

/** A person's language, for mails and for the application. */
export function LanguageField(props: { readonly current: string | null }): ReactElement {
  const offered = new Set([...(props.current === null ? [] : [props.current]), ...navigator.languages, ...common])
  const choices = [...offered]
    .map((locale) => [locale, languageName(locale)] as const)
    .toSorted(([, a], [, b]) => a.localeCompare(b))
  return (
    <Field
      name="locale"
      label={texts.fields.language}
      optional
      control={({ required: _required, ...attributes }) => (
        <div className="relative">
          <select
            {...attributes}
            autoComplete="language"
            defaultValue={props.current ?? ''}
            className={`${inputClass} appearance-none pr-10`}
          >
            <option value="">{texts.account.noLanguage}</option>
            {choices.map(([locale, name]) => (
              <option key={locale} value={locale} lang={locale}>
                {name}
              </option>
            ))}
          </select>
          <ChevronIcon />
        </div>
      )}
    />
  )
}
