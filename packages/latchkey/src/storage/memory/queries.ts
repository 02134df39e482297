import type { AuditEvent } from '../../audit/audit-event.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Page, PageRequest, Queries, Subject } from '../../store/store.ts'
import type { User } from '../../user/user.ts'
import type { Tables } from './tables.ts'

/** Every read answers in a later microtask than it was asked in, as a database would. */
export function createQueries(tables: Tables, clock: Clock): Queries {
  const { users, credentials, challenges, sessions, devices, signingKeys, messages, events, seals, changes } = tables
  const soon = Promise.resolve()
  const subjectOf = (user: User | undefined): Subject | undefined =>
    user && { user, credentials: credentials.all(({ userId }) => userId === user.id) }

  return {
    findUser: (id) => soon.then(() => users.one(id)[0]),
    findUserByEmail: (email) => soon.then(() => users.all((user) => user.email === email)[0]),
    findSubjectByEmail: (email) => soon.then(() => subjectOf(users.all((user) => user.email === email)[0])),
    findSubject: (id) => soon.then(() => subjectOf(users.one(id)[0])),
    findCredential: (method, identifier) =>
      soon.then(() => {
        const [credential] = credentials.all((row) => row.method === method && row.identifier === identifier)
        const subject = credential && subjectOf(users.one(credential.userId)[0])
        return credential && subject && { ...subject, credential }
      }),
    listCredentials: ({ method, cursor, limit }) =>
      soon.then(() => {
        const wanted = credentials.all(
          (row) => row.method === method && (cursor === undefined || row.identifier > cursor),
        )
        const ordered = wanted.toSorted((a, b) => (a.identifier < b.identifier ? -1 : 1))
        const items = ordered.slice(0, limit)
        return { items, nextCursor: ordered.length > limit ? (items.at(-1)?.identifier ?? null) : null }
      }),
    listUsers: ({ search = '', blocked, ...request }) =>
      soon.then(() => {
        const wanted = (user: User): boolean =>
          user.email.startsWith(search) && (blocked === undefined || (user.blockedAt !== null) === blocked)
        return pageOf(users.all(wanted), request)
      }),

    findSession: (id) =>
      soon.then(() => {
        const [session] = sessions.one(id)
        const [user] = session ? users.one(session.userId) : []
        return session && user && { session, user }
      }),
    listSessions: (userId, now) =>
      soon.then(() =>
        sessions.all((row) => row.userId === userId && row.revokedAt === null && row.expiresAt > now).toReversed(),
      ),

    findChallenge: (id) => soon.then(() => challenges.one(id)[0]),
    listWaitingChallenges: ({ purpose, now, limit, ...request }) =>
      soon.then(() => {
        const wanted = challenges.all(
          (row) =>
            row.purpose === purpose &&
            row.consumedAt === null &&
            row.expiresAt > now &&
            ('userId' in request ? row.userId === request.userId : row.expiresAt <= request.endsBy),
        )
        return wanted.toSorted((a, b) => a.expiresAt - b.expiresAt).slice(0, limit)
      }),
    findDevice: (id) =>
      soon.then(() => {
        const [device] = devices.one(id)
        const [user] = device ? users.one(device.userId) : []
        return device && user && { device, email: user.email }
      }),

    listSigningKeys: () => soon.then(() => signingKeys.all()),
    listChanges: ({ after, limit }) => soon.then(() => changes.all(({ sequence }) => sequence > after).slice(0, limit)),
    lastChangeBefore: (before) => soon.then(() => changes.all(({ at }) => at < before).at(-1)),

    dueMessages: (now, limit) =>
      soon.then(() => {
        const due = messages.all((row) => row.status === 'queued' && row.nextAttemptAt <= now)
        return due.toSorted((a, b) => a.nextAttemptAt - b.nextAttemptAt).slice(0, limit)
      }),
    listMessages: ({ status, ...request }) =>
      soon.then(() => {
        const wanted = messages.all((message) => status === undefined || message.status === status)
        return pageOf(wanted, request)
      }),
    findMessage: (id) => soon.then(() => messages.one(id)[0]),

    listEvents: ({ userId, kind, ...request }) =>
      soon.then(() => {
        const ofUser = events.all((event) => userId === undefined || event.userId === userId)
        const wanted = ofUser.filter((event) => kind === undefined || event.kind === kind)
        return pageOf(wanted, request)
      }),
    hasEvent: (id) => soon.then(() => events.one(id).length > 0),
    listEventRange: ({ after, through, limit }) =>
      soon.then(() => {
        const inside = ({ id }: AuditEvent): boolean =>
          (after === null || id > after) && (through === null || id <= through)
        return events.all(inside).slice(0, limit)
      }),
    lastSeal: () => soon.then(() => seals.all().at(-1)),
    listSeals: ({ after, limit }) => soon.then(() => seals.all(({ sequence }) => sequence > after).slice(0, limit)),

    counts: (now) =>
      soon.then(() => ({
        users: users.all().length,
        liveSessions: sessions.all(({ revokedAt, expiresAt }) => revokedAt === null && expiresAt > now).length,
        queuedMessages: messages.all(({ status }) => status === 'queued').length,
        waitingChallenges: challenges.all(({ consumedAt, expiresAt }) => consumedAt === null && expiresAt > now).length,
      })),
    databaseNow: () => soon.then(() => clock.now()),
  }
}

/** The cursor is the id of the last row that was given out. */
function pageOf<Row extends { readonly id: string }>(
  ascendingRows: readonly Row[],
  { limit, cursor, ascending = false }: PageRequest & { readonly ascending?: boolean },
): Page<Row> {
  const rows = ascending ? ascendingRows : ascendingRows.toReversed()
  const rest = rows.filter(({ id }) => cursor === undefined || (ascending ? id > cursor : id < cursor))
  const items = rest.slice(0, limit)
  return { items, nextCursor: rest.length > limit ? (items.at(-1)?.id ?? null) : null }
}
