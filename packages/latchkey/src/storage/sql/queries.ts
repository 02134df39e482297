import type { Page, PageRequest, Queries, Subject } from '../../store/store.ts'
import { number, text } from './cells.ts'
import { deviceColumns, sessionColumns, userColumns } from './columns.ts'
import { changeOf, eventOf, messageOf, sealOf, signingKeyOf } from './log-rows.ts'
import { challengeOf, credentialOf, deviceOf, sessionOf, userOf } from './rows.ts'
import type { SqlParameters, SqlRow } from './statement.ts'
import type { StatementName } from './statements/statements.ts'
import type { EmailAddress } from '../../user/email-address.ts'
import { brand } from '../../platform/brand.ts'

/** How a dialect runs one read: a single prepared statement, on committed rows. */
export type Read = (statement: StatementName, values: SqlParameters) => Promise<readonly SqlRow[]>

// Ids are lower-case hexadecimal, so these lie in front of and behind all of them, in binary order.
const beforeEveryId = ''
const behindEveryId = 'g'
// Addresses and kinds are printable ASCII; DEL sorts behind all of it.
const behindAscii = '\u007f'
const largestPage = 200

const userWidth = userColumns.names.length
const sessionWidth = sessionColumns.names.length
const deviceWidth = deviceColumns.names.length

/** The port's queries over one `read`. */
export function createQueries(read: Read): Queries {
  async function first<Item>(
    statement: StatementName,
    values: SqlParameters,
    itemOf: (row: SqlRow) => Item,
  ): Promise<Item | undefined> {
    const [row] = await read(statement, values)
    return row === undefined ? undefined : itemOf(row)
  }

  async function all<Item>(
    statement: StatementName,
    values: SqlParameters,
    itemOf: (row: SqlRow) => Item,
  ): Promise<readonly Item[]> {
    const found = await read(statement, values)
    return found.map((row) => itemOf(row))
  }

  return {
    findUser: (id) => first('findUser', { id }, userOf),
    findUserByEmail: (email) => first('findUserByEmail', { email }, userOf),
    findSubject: async (id) => subjectOf(await read('findSubject', { id })),
    findSubjectByEmail: async (email) => subjectOf(await read('findSubjectByEmail', { email })),
    async findCredential(method, identifier) {
      const subject = subjectOf(await read('findCredential', { method, identifier }))
      const credential = subject?.credentials.find((row) => row.method === method && row.identifier === identifier)
      return subject && credential && { ...subject, credential }
    },
    async listCredentials(request) {
      const limit = limitOf(request)
      const values = { method: request.method, after: request.cursor ?? '', limit: limit + 1 }
      const found = await all('listCredentialsOfMethod', values, credentialOf)
      const items = found.slice(0, limit)
      return { items, nextCursor: found.length > limit ? (items.at(-1)?.identifier ?? null) : null }
    },
    async listUsers(request) {
      const { blocked, search = '' } = request
      const values = {
        before: request.cursor ?? behindEveryId,
        blocked_low: blocked === true ? 1 : 0,
        blocked_high: blocked === false ? 0 : 1,
        limit: limitOf(request) + 1,
      }
      const range = { email_from: search, email_below: search + behindAscii }
      const users =
        search === ''
          ? await all('listUsers', values, userOf)
          : await all('listUsersByEmail', { ...values, ...range }, userOf)
      return pageOf(users, request)
    },

    async findSession(id) {
      const [row] = await read('findSession', { id })
      return row === undefined ? undefined : { session: sessionOf(row), user: userOf(row, sessionWidth) }
    },
    listSessions: (userId, now) => all('listSessions', { user_id: userId, now }, sessionOf),

    findChallenge: (id) => first('findChallenge', { id }, challengeOf),
    listWaitingChallenges: ({ purpose, now, limit, ...request }) =>
      'userId' in request
        ? all('listWaitingChallengesOfUser', { purpose, now, limit, user_id: request.userId }, challengeOf)
        : all('listWaitingChallengesEndingBy', { purpose, now, limit, ends_by: request.endsBy }, challengeOf),
    findDevice: (id) =>
      first('findDevice', { id }, (row) => ({
        device: deviceOf(row),
        email: brand<EmailAddress>(text(row[deviceWidth])),
      })),

    listSigningKeys: () => all('listSigningKeys', {}, signingKeyOf),
    listChanges: ({ after, limit }) => all('listChanges', { after, limit }, changeOf),
    lastChangeBefore: (at) => first('lastChangeBefore', { at }, changeOf),

    dueMessages: (now, limit) => all('dueMessages', { now, limit }, messageOf),
    async listMessages(request) {
      const values = { before: request.cursor ?? behindEveryId, limit: limitOf(request) + 1 }
      const messages =
        request.status === undefined
          ? await all('listMessages', values, messageOf)
          : await all('listMessagesOfStatus', { ...values, status: request.status }, messageOf)
      return pageOf(messages, request)
    },
    findMessage: (id) => first('findMessage', { id }, messageOf),

    async listEvents(request) {
      const { userId, kind, cursor, ascending } = request
      const values = {
        kind_low: kind ?? '',
        kind_high: kind ?? behindAscii,
        limit: limitOf(request) + 1,
        ...(ascending === true ? { after: cursor ?? beforeEveryId } : { before: cursor ?? behindEveryId }),
      }
      const events =
        userId === undefined
          ? await all(ascending === true ? 'listEventsAscending' : 'listEvents', values, eventOf)
          : await all(
              ascending === true ? 'listEventsOfUserAscending' : 'listEventsOfUser',
              { ...values, user_id: userId },
              eventOf,
            )
      return pageOf(events, request)
    },
    listEventRange: ({ after, through, limit }) =>
      all('listEventRange', { after: after ?? beforeEveryId, through: through ?? behindEveryId, limit }, eventOf),
    listSeals: ({ after, limit }) => all('listSeals', { after, limit }, sealOf),
    hasEvent: async (id) => (await read('hasEvent', { id })).length > 0,
    lastSeal: () => first('lastSeal', {}, sealOf),

    async counts(now) {
      const [row = []] = await read('counts', { now })
      return {
        users: number(row[0]),
        liveSessions: number(row[1]),
        queuedMessages: number(row[2]),
        waitingChallenges: number(row[3]),
      }
    },
    async databaseNow() {
      const [row = []] = await read('databaseNow', {})
      return number(row[0])
    },
  }
}

/** One row for each credential; a user without any is one row whose credential is all NULL. */
export function subjectOf(found: readonly SqlRow[]): Subject | undefined {
  const [row] = found
  if (row === undefined) return undefined
  const bound = found.filter((each) => each[userWidth] !== null)
  return { user: userOf(row), credentials: bound.map((each) => credentialOf(each, userWidth)) }
}

function limitOf({ limit }: PageRequest): number {
  return Math.min(Math.max(1, limit), largestPage)
}

/** One item more than asked for was read: it says whether there is a next page. */
function pageOf<Item extends { readonly id: string }>(items: readonly Item[], request: PageRequest): Page<Item> {
  const limit = limitOf(request)
  if (items.length <= limit) return { items, nextCursor: null }
  const page = items.slice(0, limit)
  return { items: page, nextCursor: page.at(-1)?.id ?? null }
}
