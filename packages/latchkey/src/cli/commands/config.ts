import type { Command } from '../command.ts'
import { missingInProduction } from '../config/insecure.ts'
import { configKeys, configNames, showValue } from '../config/keys.ts'
import { exitCodes } from '../exit-codes.ts'
import { table } from '../table.ts'

export const command: Command = {
  description:
    'Prints the resolved configuration, and for each value where it comes from: flag, environment, file or default. Secrets are never shown, only that they are set.',
  options: { changed: { type: 'boolean', help: 'only what is not a default' } },
  examples: ['latchkey config', 'latchkey config --changed --json'],
  run({ config, flag, answer }) {
    const names = configNames.filter((name) => !flag('changed') || config.sources[name] !== 'default')
    const missing = missingInProduction(config)
    const values = names.map((name) => ({
      name,
      variable: configKeys[name].variable,
      value: showValue(config, name),
      source: config.sources[name],
    }))
    const rows = values.map(({ variable, value, source }) => [variable, value ?? '–', source])
    const told =
      missing.length === 0 ? '' : `\nFor production is missing:\n${missing.map((line) => `  ${line}\n`).join('')}`
    answer(
      { file: config.file, values, missingInProduction: missing },
      `${table([['VARIABLE', 'VALUE', 'FROM'], ...rows])}${config.file === null ? '' : `\nFile: ${config.file}\n`}${told}`,
    )
    return Promise.resolve(exitCodes.ok)
  },
}
