import { asEventId, auditEventKinds, type AuditEvent, type AuditEventKind } from '../../audit/audit-event.ts'
import { readEvents, type ReadableEvent } from '../../audit/read-event.ts'
import { secondMs } from '../../platform/clock.ts'
import { firstIdAt } from '../../platform/ids.ts'
import { systemSleep } from '../../platform/sleep.ts'
import { parseUserId, type UserId } from '../../user/user.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { nearest } from '../nearest.ts'
import { findUser, withEngine, type Engine } from '../open-engine.ts'
import { clean } from '../user-output.ts'

/** Rows become visible when their commit ends, so an older id may appear after a younger one: this much is read again. */
const lookBackMs = 5 * secondMs

export const command: Command = {
  description:
    'Shows the last events of the audit log, oldest first. With --follow it goes on until it is interrupted; with --json each event is a line of its own then.',
  options: {
    limit: { type: 'string', value: 'N', help: 'how many, 1 to 200 (20)' },
    follow: { type: 'boolean', short: 'f', help: 'go on showing what comes' },
    user: { type: 'string', value: 'WHO', help: 'only about this user (address or id)' },
    kind: { type: 'string', value: 'KIND', help: 'only this kind, e.g. login.failure' },
    person: { type: 'boolean', help: 'show addresses, client addresses and browsers, which are sealed' },
  },
  examples: ['latchkey audit tail --follow', 'latchkey audit tail --kind login.failure --limit 100 --json'],
  run: ({ config, option, flag, answer, refuse, console }) => {
    const limit = Number(option('limit') ?? 20)
    if (!Number.isInteger(limit) || limit < 1 || limit > 200) {
      return Promise.resolve(refuse('usage', '--limit is a number from 1 to 200.', exitCodes.usage))
    }
    const kind = option('kind')
    if (kind !== undefined && !isKind(kind)) {
      const suggestion = nearest(kind, Object.keys(auditEventKinds))
      const hint = suggestion === undefined ? 'See docs/events.md.' : `Did you mean ${suggestion}?`
      return Promise.resolve(refuse('usage', `There is no event ${kind}. ${hint}`, exitCodes.usage))
    }
    return withEngine(config, async (engine) => {
      const who = option('user')
      const user = who === undefined ? undefined : await findUser(engine, who)
      if (who !== undefined && user === undefined) return refuse('not_found', 'There is no such user.')
      const userId = user === undefined ? undefined : parseUserId(user.id)
      const show = (events: readonly AuditEvent[]): Promise<readonly EventJson[]> =>
        readable(engine, events, flag('person'))

      const page = await engine.storage.listEvents({
        limit,
        ...(kind === undefined ? {} : { kind }),
        ...(userId === undefined ? {} : { userId }),
      })
      const last = page.items.toReversed()
      const events = await show(last)
      if (!flag('follow')) {
        answer({ events }, events.map(eventLine).join('') || 'No events.\n')
        return exitCodes.ok
      }
      for (const event of events) answer(event, eventLine(event))
      await follow(engine, { kind, userId }, last, async (fresh) => {
        for (const event of await show(fresh)) answer(event, eventLine(event))
      })
      console.note('')
      return exitCodes.ok
    })
  },
}

interface Wanted {
  readonly kind: AuditEventKind | undefined
  readonly userId: UserId | undefined
}

async function follow(
  { storage, core }: Engine,
  { kind, userId }: Wanted,
  known: readonly AuditEvent[],
  onFresh: (events: readonly AuditEvent[]) => Promise<void>,
): Promise<void> {
  const seen = new Map<string, number>(known.map(({ id, at }) => [id, at]))
  const startedAt = core.clock.now()
  let isInterrupted = false
  const interrupt = (): void => {
    isInterrupted = true
  }
  process.once('SIGINT', interrupt)
  process.once('SIGTERM', interrupt)
  while (!isInterrupted) {
    const since = Math.max(startedAt, core.clock.now() - lookBackMs)
    let after = asEventId(firstIdAt(since))
    for (;;) {
      const events = await storage.listEventRange({ after, through: null, limit: 500 })
      const fresh = events.filter(
        (event) =>
          !seen.has(event.id) &&
          (kind === undefined || event.kind === kind) &&
          (userId === undefined || event.userId === userId),
      )
      for (const { id, at } of fresh) seen.set(id, at)
      await onFresh(fresh)
      const last = events.at(-1)
      if (last === undefined || events.length < 500) break
      after = last.id
    }
    for (const [id, at] of seen) if (at < since - lookBackMs) seen.delete(id)
    await systemSleep(500)
  }
}

type EventJson = Omit<ReadableEvent, 'person'> & Partial<Pick<ReadableEvent, 'person'>>

async function readable(
  { core }: Engine,
  events: readonly AuditEvent[],
  withPerson: boolean,
): Promise<readonly EventJson[]> {
  if (withPerson) return readEvents(core, events)
  const opened = await readEvents(
    core,
    events.map((event) => ({ ...event, person: null })),
  )
  return opened.map(({ person: _person, ...event }) => event)
}

function eventLine(event: EventJson): string {
  const { at, kind, userId, actorId, data, person } = event
  const facts = Object.entries({ ...data, ...person }).map(([name, value]) => `${name}=${clean(String(value))}`)
  const subject = userId === null ? [] : [`user=${userId}`]
  const actor = actorId === null || actorId === userId || data['by'] === actorId ? [] : [`by=${actorId}`]
  return `${[at, kind.padEnd(24), ...subject, ...actor, ...facts].join(' ').trimEnd()}\n`
}

function isKind(text: string): text is AuditEventKind {
  return Object.hasOwn(auditEventKinds, text)
}
