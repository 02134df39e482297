import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Redacted } from '../../platform/redacted.ts'
import type { CeilingValue } from './kind.ts'
import type { ConfigValues } from './keys.ts'
import type { OidcProviderInput, OidcProviderValue } from './oauth-keys.ts'

/** What a configuration file holds: the keys of docs/configuration.md. Durations and ceilings are text: `'15m'`, `'10/15m'`. */
export type ConfigInput = { readonly [Name in keyof ConfigValues]?: InputOf<NonNullable<ConfigValues[Name]>> }

type InputOf<Value> = Value extends Redacted
  ? string
  : Value extends readonly Redacted[]
    ? string | readonly string[]
    : Value extends readonly OidcProviderValue[]
      ? readonly OidcProviderInput[]
      : Value extends CeilingValue
        ? string
        : Value extends number
          ? number | string
          : Value

/**
 * Types for a configuration file; gives back what it is given.
 *
 * @example
 * // latchkey.config.ts
 * export const config = defineConfig({ publicUrl: 'https://auth.example.com', sessionIdle: '12h' })
 */
export function defineConfig(input: ConfigInput): ConfigInput {
  return input
}

const fileNames = ['ts', 'mjs', 'js', 'json'].map((extension) => `latchkey.config.${extension}`)

export type ReadFileResult =
  | { readonly ok: true; readonly path: string | null; readonly entries: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly problem: string }

/** Reads the named file, or the first of the usual names in `directory`. TypeScript runs by Node's own type stripping. */
export async function readConfigFile(directory: string, named: string | undefined): Promise<ReadFileResult> {
  const found = named ?? fileNames.find((name) => existsSync(resolve(directory, name)))
  if (found === undefined) return { ok: true, path: null, entries: {} }
  const path = resolve(directory, found)
  if (!existsSync(path)) return { ok: false, problem: `--config: there is no file ${path}.` }
  try {
    const held: unknown = path.endsWith('.json') ? JSON.parse(readFileSync(path, 'utf8')) : await importConfig(path)
    if (typeof held === 'object' && held !== null && !Array.isArray(held)) {
      return { ok: true, path, entries: Object.fromEntries(Object.entries(held)) }
    }
    return { ok: false, problem: `${path} exports no object; write \`export const config = defineConfig({ … })\`.` }
  } catch (error) {
    return { ok: false, problem: `${path} cannot be read: ${error instanceof Error ? error.message : 'unknown error'}` }
  }
}

/** `export const config`, or a default export. */
async function importConfig(path: string): Promise<unknown> {
  const module: unknown = await import(pathToFileURL(path).href)
  if (typeof module !== 'object' || module === null) return undefined
  if ('config' in module) return module.config
  return 'default' in module ? module.default : undefined
}
