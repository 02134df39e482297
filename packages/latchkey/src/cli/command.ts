import type { Config } from './config/read-config.ts'
import type { ExitCode } from './exit-codes.ts'

/** What a command may touch of the process. Tests run the real one. */
export interface Console {
  /** A result, for people and pipes. */
  write(text: string): void
  /** Everything else: problems, progress, prompts. */
  note(text: string): void
  /** Progress of long work; shown only where standard error is a terminal. */
  progress(text: string): void
  /** One line, typed without echo, or standard input where that is no terminal. `undefined`: nothing came. */
  readSecret(prompt: string): Promise<string | undefined>
}

export interface CommandOption {
  readonly type: 'boolean' | 'string'
  readonly help: string
  /** Name of the value in the help: `--limit N`. */
  readonly value?: string
  readonly short?: string
}

export interface CommandInput {
  readonly config: Config
  readonly console: Console
  readonly arguments: readonly string[]
  option(name: string): string | undefined
  flag(name: string): boolean
  /** Writes the result: as JSON with `--json`, as text without. */
  answer(json: unknown, text: string): void
  /** Says why not, and what to do; as `{ "error": … }` with `--json`. */
  refuse(reason: string, message: string, exitCode?: ExitCode): ExitCode
}

/** One command; each stands in a file of its own, which is loaded when it is called. */
export interface Command {
  /** After the name: `<email>`. */
  readonly arguments?: string
  readonly description: string
  readonly options?: Readonly<Record<string, CommandOption>>
  /** Whole lines. */
  readonly examples: readonly string[]
  /** Least and most number of arguments. Default none. */
  readonly argumentCount?: readonly [number, number]
  /** Reads no configuration: it is answered without. */
  readonly needsNoConfig?: boolean
  run(input: CommandInput): Promise<ExitCode>
}
