import { describe, expect, it } from 'vitest'
import type { RequestContext } from '../core/request-context.ts'
import { mintPersonKey } from '../secrets/person-key.ts'
import { createTestCore } from '../testing/test-core.ts'
import { parseUserId, type UserId } from '../user/user.ts'
import { appendEvent, type EventFacts } from './append-event.ts'
import type { AuditEvent } from './audit-event.ts'
import { readEvent } from './read-event.ts'

const context: RequestContext = { ip: '203.0.113.7', network: '203.0.113.7', userAgent: 'Firefox', requestId: 'r1' }
const core = createTestCore()

function newUser(): { readonly id: UserId; readonly personKey: string } {
  const id = parseUserId(core.ids.next())
  if (id === undefined) throw new TypeError('not an id')
  return { id, personKey: mintPersonKey(core.keys, core.random, id) }
}

function eventOf(facts: EventFacts): AuditEvent {
  const write = appendEvent(core, context, facts)
  if (write.kind !== 'appendEvent') throw new TypeError(write.kind)
  return write.event
}

describe('reading an event', () => {
  it('opens what concerns a person with the key of that person', () => {
    const user = newUser()
    const event = eventOf({
      kind: 'login.failure',
      user,
      data: { reason: 'wrong_password', attempt: 2 },
      email: 'a@example.com',
    })
    expect(event.person).not.toContain('203')
    expect(readEvent(core, event, user)).toEqual({
      id: event.id,
      at: '2026-11-02T09:00:00.000Z',
      kind: 'login.failure',
      userId: user.id,
      actorId: null,
      sessionId: null,
      requestId: 'r1',
      data: { reason: 'wrong_password', attempt: 2 },
      person: { email: 'a@example.com', ip: '203.0.113.7', userAgent: 'Firefox' },
    })
  })

  it('opens the fields of a stranger with the ring', () => {
    const event = eventOf({ kind: 'login.failure', email: 'nobody@example.com' })
    expect(readEvent(core, event, undefined).person).toMatchObject({ email: 'nobody@example.com' })
  })

  it('gives null once the person was erased, and to nobody else', () => {
    const event = eventOf({ kind: 'login.success', user: newUser() })
    expect(readEvent(core, event, undefined).person).toBeNull()
    expect(readEvent(core, event, newUser()).person).toBeNull()
  })

  it('does not open what was moved from another event', () => {
    const user = newUser()
    const first = eventOf({ kind: 'login.success', user })
    const second = eventOf({ kind: 'login.success', user })
    expect(readEvent(core, { ...first, person: second.person }, user).person).toBeNull()
  })

  it('does not open under a ring that lost the secret, and says so with null', () => {
    const other = createTestCore({ secrets: ['quite another secret for this test'] })
    const user = newUser()
    expect(readEvent(other, eventOf({ kind: 'login.success', user }), user).person).toBeNull()
  })

  it('shows a row whose JSON was destroyed', () => {
    const event = eventOf({ kind: 'login.success' })
    expect(readEvent(core, { ...event, data: '{"a":', person: null }, undefined)).toMatchObject({
      data: {},
      person: null,
    })
    expect(readEvent(core, { ...event, data: '{"a":{"b":1},"c":1}' }, undefined).data).toEqual({ c: 1 })
  })
})
