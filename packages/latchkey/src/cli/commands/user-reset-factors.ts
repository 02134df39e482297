import { maxResetDelayHours } from '../../recovery/pending-reset.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { findUser, withEngine } from '../open-engine.ts'

export const command: Command = {
  arguments: '<address or id>',
  argumentCount: [1, 1],
  description:
    'Removes authenticator app, recovery codes and passkeys of a person who lost them, ends every session and mails the owner; password and identities stay. It is weaker than every factor: make sure who asks. With --delay it waits; the owner is told at once and stops it by signing in with a factor, you with --cancel.',
  options: {
    delay: { type: 'string', value: 'HOURS', help: `wait so long, 1 to ${maxResetDelayHours}` },
    reason: { type: 'string', value: 'TEXT', help: 'for the audit log; the person does not see it' },
    cancel: { type: 'boolean', help: 'stop a reset that waits' },
  },
  examples: [
    'latchkey user reset-factors ada@example.com --reason "identity checked by video"',
    'latchkey user reset-factors ada@example.com --delay 24',
    'latchkey user reset-factors ada@example.com --cancel',
  ],
  run: ({ config, arguments: [who = ''], option, flag, answer, refuse }) => {
    const delay = option('delay')
    const delayHours = Number(delay ?? 0)
    const isDelay = delay === undefined || (/^[1-9]\d*$/.test(delay) && delayHours <= maxResetDelayHours)
    if (!isDelay) {
      const wanted = `--delay must be a whole number of hours from 1 to ${maxResetDelayHours}.`
      return Promise.resolve(refuse('usage', wanted, exitCodes.usage))
    }
    return withEngine(config, async ({ auth, acting }) => {
      const user = await findUser({ auth }, who)
      if (user === undefined) return refuse('not_found', 'There is no such user.')
      if (flag('cancel')) {
        const cancelled = await acting.users.cancelFactorsReset(user.id)
        if (!cancelled.ok) return refuse(cancelled.reason, 'No reset waits.')
        answer({ id: user.id, cancelled: true }, 'Stopped.\n')
        return exitCodes.ok
      }
      const reason = option('reason')
      const reset = await acting.users.resetFactors(user.id, {
        delayHours,
        ...(reason === undefined ? {} : { reason }),
      })
      if (!reset.ok) return refuse(reset.reason, 'The user has no second factor.')
      const notBefore = reset.notBefore?.toISOString() ?? null
      answer(
        { id: user.id, notBefore },
        notBefore === null
          ? 'Removed; every session has ended.\n'
          : `Will be removed at ${notBefore}, unless the owner signs in with a factor.\n`,
      )
      return exitCodes.ok
    })
  },
}
