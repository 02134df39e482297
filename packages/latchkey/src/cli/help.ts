import { commandTable } from './command-table.ts'
import type { Command, CommandOption } from './command.ts'
import { configKeys, configNames, flagOf } from './config/keys.ts'
import { exitCodes } from './exit-codes.ts'

export const globalOptions: Readonly<Record<string, CommandOption>> = {
  help: { type: 'boolean', short: 'h', help: 'this text' },
  json: { type: 'boolean', help: 'the result as JSON on standard output' },
  config: { type: 'string', value: 'FILE', help: 'configuration file instead of latchkey.config.{ts,mjs,js,json}' },
}

const exitMeanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  ok: 'done',
  refused: 'refused or failed: not found, not applicable, problems found',
  usage: 'the command line is wrong',
  configuration: 'the configuration is incomplete, unknown or insecure',
  database: 'the database cannot be reached, or its schema is not the expected one',
  machine: 'the machine: port taken, no right to a port or a folder, a package missing',
  internal: 'a mistake in Latchkey',
}

export function generalHelp(): string {
  const commands = Object.entries(commandTable)
  const width = Math.max(...commands.map(([name]) => name.length)) + 2
  return [
    'latchkey: authentication that lives in your own database',
    '',
    'Usage: latchkey <command> [options]',
    '',
    ...commands.map(([name, { summary }]) => `  ${name.padEnd(width)}${summary}`),
    '',
    'Every command has --help, with an example, and --json.',
    'Configuration: flags before environment before latchkey.config.{ts,mjs,js,json} before defaults; see docs/configuration.md',
    'or run: latchkey config',
    '',
    'Exit codes:',
    ...Object.entries(exitMeanings).map(([name, meaning]) => `  ${String(codeOf(name)).padEnd(4)}${meaning}`),
    '',
  ].join('\n')
}

export function commandHelp(name: string, command: Command): string {
  const own = Object.entries(command.options ?? {})
  return [
    `Usage: latchkey ${[name, command.arguments, own.length > 0 ? '[options]' : undefined].filter(Boolean).join(' ')}`,
    '',
    ...wrapped(command.description, 100),
    '',
    'Options:',
    ...[...own, ...Object.entries(globalOptions)].map(([option, described]) => optionLine(option, described)),
    ...(command.needsNoConfig === true
      ? []
      : [`  ${'--<key> VALUE'.padEnd(24)}any key of the configuration, e.g. ${sampleFlags()}`]),
    '',
    `Example${command.examples.length > 1 ? 's' : ''}:`,
    ...command.examples.map((line) => `  ${line}`),
    '',
  ].join('\n')
}

/** Names of the commands that begin with this word: `user` → `user create`, … */
export function groupHelp(group: string): string | undefined {
  const members = Object.entries(commandTable).filter(([name]) => name.startsWith(`${group} `))
  if (members.length === 0) return undefined
  return [
    `Usage: latchkey ${group} <command> [options]`,
    '',
    ...members.map(([name, { summary }]) => `  latchkey ${name.padEnd(20)}${summary}`),
    '',
    'Example:',
    `  latchkey ${members[0]?.[0] ?? ''} --help`,
    '',
  ].join('\n')
}

function optionLine(name: string, { short, value, help }: CommandOption): string {
  const written = `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`
  return `  ${written.padEnd(24)}${help}`
}

function sampleFlags(): string {
  const flags = configNames.filter((name) => name === 'dataDir' || configKeys[name].variable === 'PORT')
  return flags.map((name) => `--${flagOf(name) ?? ''}`).join(', ')
}

function codeOf(name: string): number | undefined {
  return Object.entries(exitCodes).find(([known]) => known === name)?.[1]
}

function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = ['']
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? ''
    if (last === '') lines[lines.length - 1] = word
    else if (last.length + word.length + 1 <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

/** `docs/commands.md`, in the words of `--help`. */
export async function commandsMarkdown(): Promise<string> {
  const sections: string[] = []
  for (const [name, { load }] of Object.entries(commandTable)) {
    const { command } = await load()
    sections.push(`## latchkey ${name}\n\n\`\`\`text\n${commandHelp(name, command)}\`\`\`\n`)
  }
  return [
    '# Commands',
    '',
    'Generated from the commands themselves (`npm run docs`).',
    '',
    '```text',
    `${generalHelp()}\`\`\``,
    '',
    ...sections,
  ].join('\n')
}
