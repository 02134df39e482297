import { parseArgs } from 'node:util'
import type { Command, CommandOption, Console } from './command.ts'
import { commandTable } from './command-table.ts'
import { configNames, flagOf, type ConfigName } from './config/keys.ts'
import { readConfig } from './config/read-config.ts'
import { exitCodes, type ExitCode } from './exit-codes.ts'
import { failureOf } from './failure.ts'
import { commandHelp, generalHelp, globalOptions, groupHelp } from './help.ts'
import { nearest } from './nearest.ts'

/** Runs one command line to its end and gives the exit code. */
export async function main(argv: readonly string[], console: Console): Promise<ExitCode> {
  const wantsJson = argv.includes('--json')
  const refuse = (code: string, message: string, exitCode: ExitCode = exitCodes.refused): ExitCode => {
    if (wantsJson) console.write(`${JSON.stringify({ error: { code, message } })}\n`)
    else console.note(`✗ ${message.replaceAll('\n', '\n  ')}`)
    return exitCode
  }
  try {
    return await dispatch(argv, console, refuse)
  } catch (error) {
    const { code, message, exitCode } = failureOf(error)
    return refuse(code, message, exitCode)
  }
}

type Refuse = (code: string, message: string, exitCode?: ExitCode) => ExitCode

async function dispatch(argv: readonly string[], console: Console, refuse: Refuse): Promise<ExitCode> {
  const found = findCommand(argv)
  if (found === undefined) return answerWithout(argv, console, refuse)
  const { name, rest } = found
  const { command } = (await commandTable[name]?.load()) ?? {}
  if (command === undefined) return refuse('unknown_command', `There is no command "${name}".`, exitCodes.usage)
  const parsed = parse(command, rest)
  if (!parsed.ok) return refuse('usage', `${parsed.problem}\nlatchkey ${name} --help says more.`, exitCodes.usage)
  if (parsed.values['help'] === true) {
    console.write(commandHelp(name, command))
    return exitCodes.ok
  }
  const [least, most] = command.argumentCount ?? [0, 0]
  if (parsed.positionals.length < least || parsed.positionals.length > most) {
    const wanted = command.arguments === undefined ? 'no arguments' : command.arguments
    return refuse('usage', `latchkey ${name} takes ${wanted}.\nlatchkey ${name} --help says more.`, exitCodes.usage)
  }
  return run(command, parsed, console, refuse)
}

async function run(
  command: Command,
  { values, positionals }: Parsed,
  console: Console,
  refuse: Refuse,
): Promise<ExitCode> {
  const file = values['config']
  const read = await readConfig({
    flags: command.needsNoConfig === true ? {} : configFlags(values),
    development: values['dev'] === true,
    ...(typeof file === 'string' ? { file } : {}),
    ...(command.needsNoConfig === true ? { environment: {} } : {}),
  })
  if (!read.ok) {
    return refuse(
      'config_invalid',
      `The configuration is not right:\n${read.problems.join('\n')}`,
      exitCodes.configuration,
    )
  }
  return command.run({
    config: read.config,
    console,
    arguments: positionals,
    option(name) {
      const value = values[name]
      return typeof value === 'string' ? value : undefined
    },
    flag: (name) => values[name] === true,
    answer: (json, text) => console.write(values['json'] === true ? `${JSON.stringify(json)}\n` : text),
    refuse,
  })
}

/** `user create …` before `user …`; options may not come in front of the name. */
function findCommand(argv: readonly string[]): { readonly name: string; readonly rest: readonly string[] } | undefined {
  for (const words of [2, 1]) {
    const name = argv.slice(0, words).join(' ')
    if (argv.length >= words && Object.hasOwn(commandTable, name)) return { name, rest: argv.slice(words) }
  }
  return undefined
}

/** Help, version, a group such as `user`, or a word that is no command. */
async function answerWithout(argv: readonly string[], console: Console, refuse: Refuse): Promise<ExitCode> {
  const [first = '--help', second] = argv
  const asksHelp = first === '--help' || first === '-h' || first === 'help'
  if (asksHelp && second !== undefined && !second.startsWith('-')) return main([...argv.slice(1), '--help'], console)
  if (asksHelp) {
    console.write(generalHelp())
    return argv.length === 0 ? exitCodes.usage : exitCodes.ok
  }
  if (first === '--version' || first === '-v') return main(['version', ...argv.slice(1)], console)
  const group = groupHelp(first)
  if (group !== undefined && (second === undefined || second.startsWith('-'))) {
    console.write(group)
    return second === '--help' || second === '-h' ? exitCodes.ok : exitCodes.usage
  }
  const written = group === undefined ? first : `${first} ${second ?? ''}`
  const groups = Object.keys(commandTable).map((name) => name.split(' ')[0] ?? '')
  const suggestion = nearest(written, Object.keys(commandTable)) ?? nearest(first, groups)
  const hint =
    suggestion === undefined ? 'latchkey --help lists the commands.' : `Did you mean "latchkey ${suggestion}"?`
  return refuse('unknown_command', `There is no command "${written}". ${hint}`, exitCodes.usage)
}

interface Parsed {
  readonly values: Readonly<Record<string, string | boolean | undefined>>
  readonly positionals: readonly string[]
}

function parse(
  command: Command,
  args: readonly string[],
): ({ readonly ok: true } & Parsed) | { readonly ok: false; readonly problem: string } {
  const described: Record<string, CommandOption> = { ...command.options, ...globalOptions }
  const options: Record<string, { type: 'boolean' | 'string'; short?: string }> = {}
  for (const name of command.needsNoConfig === true ? [] : configNames) {
    const flag = flagOf(name)
    if (flag !== undefined) options[flag] = { type: 'string' }
  }
  for (const [name, { type, short }] of Object.entries(described)) {
    options[name] = short === undefined ? { type } : { type, short }
  }
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
    return { ok: true, values, positionals }
  } catch (error) {
    const message = error instanceof Error ? error.message : ''
    const unknown = /Unknown option '(-+)([^']+)'/.exec(message)
    if (unknown === null) return { ok: false, problem: message }
    const suggestion = nearest(unknown[2] ?? '', Object.keys(options))
    const hint = suggestion === undefined ? '' : ` Did you mean --${suggestion}?`
    return { ok: false, problem: `There is no option ${unknown[1]}${unknown[2]}.${hint}` }
  }
}

function configFlags(values: Parsed['values']): { readonly [Name in ConfigName]?: string } {
  const flags: { [Name in ConfigName]?: string } = {}
  for (const name of configNames) {
    const flag = flagOf(name)
    const value = flag === undefined ? undefined : values[flag]
    if (typeof value === 'string') flags[name] = value
  }
  return flags
}
