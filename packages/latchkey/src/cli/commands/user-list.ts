import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { withEngine } from '../open-engine.ts'
import { userJson, usersText } from '../user-output.ts'

export const command: Command = {
  description: 'Lists users, newest first, page by page.',
  options: {
    search: { type: 'string', value: 'TEXT', help: 'only addresses that begin so' },
    blocked: { type: 'boolean', help: 'only blocked users' },
    limit: { type: 'string', value: 'N', help: 'at most so many, 1 to 200 (50)' },
    cursor: { type: 'string', value: 'CURSOR', help: 'go on where the last page ended' },
  },
  examples: ['latchkey user list --search ada', 'latchkey user list --json --limit 200'],
  run: ({ config, option, flag, answer, refuse }) => {
    const limit = Number(option('limit') ?? 50)
    if (!Number.isInteger(limit) || limit < 1 || limit > 200) {
      return Promise.resolve(refuse('usage', '--limit is a number from 1 to 200.', exitCodes.usage))
    }
    return withEngine(config, async ({ auth }) => {
      const search = option('search')
      const cursor = option('cursor')
      const { users, nextCursor } = await auth.users.list({
        limit,
        ...(search === undefined ? {} : { search: search.toLowerCase() }),
        ...(cursor === undefined ? {} : { cursor }),
        ...(flag('blocked') ? { blocked: true } : {}),
      })
      const more = nextCursor === null ? '' : `\nMore: --cursor ${nextCursor}\n`
      answer({ users: users.map(userJson), nextCursor }, `${usersText(users)}${more}`)
      return exitCodes.ok
    })
  },
}
