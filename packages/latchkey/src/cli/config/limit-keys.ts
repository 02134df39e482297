import { defaultSettings, type Limits } from '../../core/settings.ts'
import { ceiling } from './kind.ts'
import type { ConfigKey } from './config-key.ts'

type LimitName<Name extends string> = `limit${Capitalize<Name>}`

/** A key for every limit of the engine: a limit that is added and not described here does not compile. */
export type LimitValues = { readonly [Name in keyof Limits as LimitName<Name>]: Limits[Name] }

const help: { readonly [Name in keyof Limits]: string } = {
  passwordPerAccount: 'Wrong passwords an account.',
  passwordPerDevice: 'Wrong passwords a known device.',
  passwordPerNetwork: 'Wrong passwords a network.',
  codePerAccount: 'Wrong codes an account.',
  codePerNetwork: 'Wrong codes a network.',
  factorPerAccount: 'Wrong codes of authenticator apps and wrong recovery codes an account.',
  factorPerNetwork: 'Wrong codes of authenticator apps and wrong recovery codes a network.',
  ceremonyPerNetwork:
    'Passkey ceremonies, sign-ins with other providers, enrolments of apps and step-ups without a mail, begun from a network.',
  linkPerAddress: 'Sign-in links asked for an address.',
  linkPerNetwork: 'Sign-in links asked for from a network.',
  mailPerAddress: 'Mails asked for an address.',
  mailPerNetwork: 'Mails asked for from a network.',
  resetPerAddress: 'Password resets asked for an address.',
  signUpPerNetwork: 'Registrations from a network.',
  refusalPerNetwork:
    'Refusals of a network that the audit log writes down one by one; what comes beyond is answered and not written.',
}

export const limitKeys: { readonly [Name in keyof Limits as LimitName<Name>]: ConfigKey<Limits[Name]> } = keysOf()

/** @example limitsOf(config) // { passwordPerAccount: { limit: 10, windowMs: 900_000 }, … } */
export function limitsOf(values: LimitValues): Limits {
  const read = values as unknown as Readonly<Record<string, Limits[keyof Limits]>>
  return Object.fromEntries(names().map((name) => [name, read[keyName(name)]])) as unknown as Limits
}

function keysOf(): typeof limitKeys {
  const keys = names().map((name) => [
    keyName(name),
    {
      variable: `LATCHKEY_LIMIT_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`,
      kind: ceiling,
      fallback: defaultSettings.limits[name],
      help: `${help[name]} A true ceiling in any window.`,
    },
  ])
  return Object.fromEntries(keys) as typeof limitKeys
}

function names(): readonly (keyof Limits)[] {
  return Object.keys(help) as (keyof Limits)[]
}

function keyName(name: keyof Limits): string {
  return `limit${name.charAt(0).toUpperCase()}${name.slice(1)}`
}
