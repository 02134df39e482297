import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { noContext } from '../core/request-context.ts'
import { dayMs, hourMs } from '../platform/clock.ts'
import { createTestCore, type TestCore } from '../testing/test-core.ts'
import { aTestSession, aTestUser } from '../testing/test-session.ts'
import { refreshSession } from './refresh-session.ts'
import { signOut } from './revoke-sessions.ts'
import type { Session } from './session.ts'
import type { User } from '../user/user.ts'

/** What a reader of the design would write on a napkin. */
interface Model {
  now: number
  readonly expiresAt: number
  lastSeenAt: number
  turnedAt: number | null
  isDead: boolean
  replays: number
  turns: number
}

interface Real {
  readonly core: TestCore
  readonly user: User
  readonly session: Session
  /** Every token of the family, oldest first. */
  readonly chain: string[]
}

type Command = fc.AsyncCommand<Model, Real>

const graceMs = 10_000
const idleMs = 7 * dayMs

function isOver(model: Model): boolean {
  return model.isDead || model.now >= model.expiresAt || model.now >= model.lastSeenAt + idleMs
}

/** What the token `back` turns before the current one gives, and what it does to the family. */
function present(model: Model, back: number, length: number): 'next' | 'same' | 'unknown' | 'replayed' {
  if (isOver(model)) return 'unknown'
  if (back === 0 || length === 1) {
    model.turnedAt = model.now
    model.lastSeenAt = Math.max(model.lastSeenAt, model.now)
    model.turns += 1
    return 'next'
  }
  if (back === 1 && model.turnedAt !== null && Math.abs(model.now - model.turnedAt) < graceMs) return 'same'
  model.isDead = true
  model.replays += 1
  return 'replayed'
}

async function given({ core }: Real, refreshToken: string): Promise<string> {
  const result = await refreshSession(core, noContext, refreshToken)
  return result.ok ? result.refreshToken : result.reason
}

function turn(back: number): Command {
  return {
    check: () => true,
    toString: () => `turn(${back})`,
    async run(model, real) {
      const { chain } = real
      const index = Math.max(0, chain.length - 1 - back)
      const expected = present(model, chain.length - 1 - index, chain.length)
      const got = await given(real, chain[index] ?? '')
      if (expected === 'next') {
        expect(chain).not.toContain(got)
        expect(got).toMatch(/^[\w-]{36}\.[\w-]{49}\.[\w-]{43}$/)
        chain.push(got)
      } else expect(got).toBe(expected === 'same' ? chain.at(-1) : expected)
    },
  }
}

const twice: Command = {
  check: () => true,
  toString: () => 'twice',
  async run(model, real) {
    const token = real.chain.at(-1) ?? ''
    const expected = present(model, 0, real.chain.length)
    const [one, other] = await Promise.all([given(real, token), given(real, token)])
    expect(one).toBe(other)
    if (expected === 'next') real.chain.push(one)
    else expect(one).toBe(expected)
  },
}

/** Right id and family, a turn that never was: the holder of the family secret is not who should have it. */
const invent: Command = {
  check: () => true,
  toString: () => 'invent',
  async run(model, real) {
    const expected = isOver(model) ? 'unknown' : 'replayed'
    if (expected === 'replayed') {
      model.isDead = true
      model.replays += 1
    }
    expect(await given(real, `${(real.chain[0] ?? '').slice(0, 86)}.${'A'.repeat(43)}`)).toBe(expected)
  },
}

const guessFamily: Command = {
  check: () => true,
  toString: () => 'guessFamily',
  async run(_, real) {
    const { token } = real.core.keys.mintToken('refresh-family')
    const [id = '', , secret = ''] = (real.chain.at(-1) ?? '').split('.')
    expect(await given(real, `${id}.${token}.${secret}`)).toBe('unknown')
  },
}

function pass(ms: number): Command {
  return {
    check: () => true,
    toString: () => `pass(${ms})`,
    run(model, { core }) {
      model.now += ms
      core.clock.set(model.now)
      return Promise.resolve()
    },
  }
}

const leave: Command = {
  check: (model) => !model.isDead,
  toString: () => 'leave',
  async run(model, { core, user, session }) {
    model.isDead = true
    await signOut(core, noContext, { user, session })
  },
}

const commands = fc.commands(
  [
    fc.nat({ max: 3 }).map(turn),
    fc.constant(turn(0)),
    fc.constant(twice),
    fc.constant(guessFamily),
    fc.oneof(
      { weight: 9, arbitrary: fc.constant(guessFamily) },
      { weight: 1, arbitrary: fc.constantFrom(invent, leave) },
    ),
    fc.constantFrom(0, 1, graceMs - 1, graceMs, graceMs + 1, hourMs, 3 * dayMs, idleMs - 1, idleMs).map(pass),
    fc.constantFrom(-1, 1 - graceMs, -graceMs, -hourMs).map(pass),
  ],
  { maxCommands: 30 },
)

describe('the refresh state machine', () => {
  it('does what the model says, whatever comes in whatever order', async () => {
    expect.hasAssertions()
    await fc.assert(
      fc.asyncProperty(commands, async (program) => {
        const core = createTestCore()
        const user = await aTestUser(core)
        const { session, refreshToken } = await aTestSession(core, user, 'token')
        const real: Real = { core, user, session, chain: [refreshToken] }
        const model: Model = {
          now: core.clock.now(),
          expiresAt: session.expiresAt,
          lastSeenAt: core.clock.now(),
          turnedAt: null,
          isDead: false,
          replays: 0,
          turns: 0,
        }
        await fc.asyncModelRun(() => ({ model, real }), program)
        const kinds = (await core.store.listEvents({ limit: 200 })).items.map(({ kind }) => kind)
        const mails = (await core.store.listMessages({ limit: 200 })).items
        expect(kinds.filter((kind) => kind === 'session.refreshed')).toHaveLength(model.turns)
        expect(kinds.filter((kind) => kind === 'refresh.replay_detected')).toHaveLength(model.replays)
        expect(mails.filter(({ template }) => template === 'refresh-replayed')).toHaveLength(model.replays)
        expect(model.replays).toBeLessThanOrEqual(1)
      }),
      { numRuns: 300 },
    )
  })
})
