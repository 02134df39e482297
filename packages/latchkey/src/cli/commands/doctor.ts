import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { examine, type Finding } from '../examine.ts'

export const command: Command = {
  description:
    'Looks at configuration, database, clocks, secrets, mail, password hashing and the audit log, and says what is wrong and what to do. Ends with 1 when something is. Prints no secret.',
  options: { offline: { type: 'boolean', help: 'do not connect to the mail server' } },
  examples: ['latchkey doctor', 'latchkey doctor --offline --json'],
  async run({ config, flag, answer, console }) {
    const findings = await examine(config, {
      offline: flag('offline'),
      onCheck: (name) => console.progress(`${name} …`),
    })
    const failed = findings.filter(({ status }) => status === 'fail').length
    const marks: Readonly<Record<Finding['status'], string>> = { ok: '✓', warn: '!', fail: '✗' }
    answer(
      { ok: failed === 0, checks: findings },
      `${findings.map(({ name, status, message }) => `${marks[status]} ${name}: ${message}\n`).join('')}${failed === 0 ? '' : `\n${failed} to mend.\n`}`,
    )
    return failed === 0 ? exitCodes.ok : exitCodes.refused
  },
}
