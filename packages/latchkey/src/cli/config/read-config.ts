import { LatchkeyError } from '../../platform/errors.ts'
import { nearest } from '../nearest.ts'
import { readConfigFile } from './config-file.ts'
import type { ConfigKey } from './config-key.ts'
import { insecureValues } from './insecure.ts'
import { configKeys, configNames, flagOf, type ConfigName, type ConfigValues } from './keys.ts'
import { oauthProblems } from './oauth-providers.ts'

export type ConfigSource = 'flag' | 'environment' | 'file' | 'default'

/** The resolved configuration and where each value comes from. */
export interface Config extends ConfigValues {
  readonly sources: Readonly<Record<ConfigName, ConfigSource>>
  /** The configuration file that was read. */
  readonly file: string | null
  /** What relative paths start from. */
  readonly directory: string
  /** Asked for with `--dev`, never inferred (design rule 16). */
  readonly development: boolean
  readonly nodeEnvironment: string | null
}

export interface ReadConfigOptions {
  /** Default `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** By key, e.g. `{ port: '4001' }`; they come from the command line. */
  readonly flags?: { readonly [Name in ConfigName]?: string }
  /** A file instead of `latchkey.config.{ts,mjs,js,json}` in `directory`. */
  readonly file?: string
  /** Default the folder of the process. */
  readonly directory?: string
  readonly development?: boolean
}

export type ReadConfigResult =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly string[] }

/** Flags before environment before file before defaults. Every problem is reported at once, by name and never with a secret's value. */
export async function readConfig(options: ReadConfigOptions = {}): Promise<ReadConfigResult> {
  const { environment = process.env, flags = {}, directory = process.cwd(), development = false } = options
  const file = await readConfigFile(directory, options.file ?? environment['LATCHKEY_CONFIG'])
  if (!file.ok) return { ok: false, problems: [file.problem] }
  const problems = [...unknownVariables(environment), ...unknownEntries(file.path ?? '', file.entries)]

  const values: Record<string, unknown> = {}
  const sources: Partial<Record<ConfigName, ConfigSource>> = {}
  for (const name of configNames) {
    const key = configKeys[name]
    const given: readonly (readonly [ConfigSource, string, unknown])[] = [
      ['flag', `--${flagOf(name)}`, flags[name]],
      ['environment', key.variable, fromEnvironment(key, environment)],
      ['file', `${name} in ${file.path}`, file.entries[name]],
    ]
    const [source, label, input] = given.find((candidate) => candidate[2] !== undefined) ?? ['default', name, undefined]
    sources[name] = source
    if (source === 'default') {
      values[name] = key.fallback
      continue
    }
    values[name] = key.kind.parse(input) ?? key.fallback
    if (key.kind.parse(input) === undefined) problems.push(`${label} must be ${key.kind.wanted}.`)
  }
  const config = {
    ...values,
    sources,
    file: file.path,
    directory,
    development,
    nodeEnvironment: environment['NODE_ENV'] ?? null,
  } as unknown as Config
  problems.push(
    ...insecureValues(config, Object.keys(flags), { development, nodeEnvironment: environment['NODE_ENV'] }),
  )
  problems.push(...oauthProblems(config))
  return problems.length === 0 ? { ok: true, config } : { ok: false, problems }
}

function fromEnvironment(
  { variable, gather }: Pick<ConfigKey<unknown>, 'variable' | 'gather'>,
  environment: Readonly<Record<string, string | undefined>>,
): unknown {
  if (gather !== undefined) return gather(environment)
  return environment[variable] === '' ? undefined : environment[variable]
}

/**
 * The same for programs.
 *
 * @throws LatchkeyError `config_invalid`, with every problem by name
 * @example const config = await loadConfig({ directory: import.meta.dirname })
 */
export async function loadConfig(options?: ReadConfigOptions): Promise<Config> {
  const result = await readConfig(options)
  if (!result.ok) throw new LatchkeyError('config_invalid', result.problems.join(' '))
  return result.config
}

/** `LATCHKEY_TEST_…` belongs to the tests, `LATCHKEY_CONFIG` names the file. Other programs may have SMTP_… of their own. */
function unknownVariables(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  const known = configNames.map((name) => configKeys[name].variable)
  return Object.keys(environment)
    .filter((name) => name.startsWith('LATCHKEY_') && !name.startsWith('LATCHKEY_TEST_') && name !== 'LATCHKEY_CONFIG')
    .filter((name) => !known.includes(name))
    .map((name) => unknown(`The variable ${name}`, nearest(name, known)))
}

function unknownEntries(path: string, entries: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.keys(entries)
    .filter((name) => !configNames.some((known) => known === name))
    .map((name) => unknown(`The key ${name} in ${path}`, nearest(name, configNames)))
}

function unknown(what: string, suggestion: string | undefined): string {
  return `${what} is unknown${suggestion === undefined ? '' : `; did you mean ${suggestion}?`}${suggestion === undefined ? '.' : ''}`
}
