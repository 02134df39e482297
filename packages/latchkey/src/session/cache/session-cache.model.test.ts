import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Touched } from '../../store/changes.ts'
import { createTestCore } from '../../testing/test-core.ts'
import { aTestSession, aTestUser } from '../../testing/test-session.ts'
import type { User } from '../../user/user.ts'
import type { Session } from '../session.ts'
import { maxAgeMs } from './options.ts'
import { createSessionCache, type CacheContents, type Fill, type SessionCache } from './session-cache.ts'

interface Row {
  readonly session: Session
  readonly user: User
}

/** The plain model: a list in order of use, and a diary of everything that was touched. */
interface Model {
  now: number
  isFresh: boolean
  kept: { readonly row: Row; readonly filledAt: number }[]
  readonly diary: (Touched | 'all')[]
  readonly fills: {
    readonly row: Row
    readonly fill: Fill
    readonly begunAt: number
    readonly page: number
    over: boolean
  }[]
  hits: number
  misses: number
  dropped: number
}

interface Real {
  readonly cache: SessionCache & CacheContents
  readonly counted: { hits: number; misses: number; dropped: number }
}

const maxEntries = 3

function concerns(touched: Touched | 'all', { session, user }: Row): boolean {
  if (touched === 'all') return true
  return touched.sessionId === null ? touched.userId === user.id : touched.sessionId === session.id
}

function agree(model: Model, { cache, counted }: Real): void {
  expect(cache.size).toBe(model.kept.length)
  expect(counted).toEqual({ hits: model.hits, misses: model.misses, dropped: model.dropped })
}

function agreeOn(model: Model, real: Real, row: Row): void {
  const index = model.isFresh ? model.kept.findIndex((entry) => entry.row.session.id === row.session.id) : -1
  const [entry] = index === -1 ? [] : model.kept.splice(index, 1)
  const isYoung = entry !== undefined && model.now - entry.filledAt < maxAgeMs
  if (isYoung) model.kept.push(entry)
  if (isYoung) model.hits++
  else model.misses++
  const found = real.cache.find(row.session.id)
  expect(found?.session).toBe(isYoung ? row.session : undefined)
  expect(found?.user).toBe(isYoung ? row.user : undefined)
}

class Find implements fc.Command<Model, Real> {
  readonly row: Row
  constructor(row: Row) {
    this.row = row
  }
  check = (): boolean => true
  run(model: Model, real: Real): void {
    agreeOn(model, real, this.row)
    agree(model, real)
  }
  toString = (): string => `find ${this.row.session.id.slice(-4)}`
}

class BeginFill implements fc.Command<Model, Real> {
  readonly row: Row
  constructor(row: Row) {
    this.row = row
  }
  check = (): boolean => true
  run(model: Model, real: Real): void {
    const fill = real.cache.beginFill(this.row.session.id)
    model.fills.push({ row: this.row, fill, begunAt: model.now, page: model.diary.length, over: false })
  }
  toString = (): string => `beginFill ${this.row.session.id.slice(-4)}`
}

class EndFill implements fc.Command<Model, Real> {
  readonly which: number
  readonly keeps: boolean
  constructor(which: number, keeps: boolean) {
    this.which = which
    this.keeps = keeps
  }
  check = (model: Readonly<Model>): boolean => model.fills.length > 0
  run(model: Model, real: Real): void {
    const pending = model.fills[this.which % model.fills.length]
    if (pending === undefined) return
    const { row, fill, begunAt, page } = pending
    if (this.keeps && !pending.over) {
      if (model.diary.slice(page).some((touched) => concerns(touched, row))) model.dropped++
      else {
        model.kept = model.kept.filter((entry) => entry.row.session.id !== row.session.id)
        model.kept.push({ row, filledAt: begunAt })
        model.kept.splice(0, Math.max(0, model.kept.length - maxEntries))
      }
    }
    if (this.keeps) fill.keep(row)
    fill.end()
    // It may be ended again, as a `finally` does.
    pending.over = true
    agree(model, real)
  }
  toString = (): string => `endFill ${this.which} ${this.keeps}`
}

class Forget implements fc.Command<Model, Real> {
  readonly touched: Touched | 'all'
  constructor(touched: Touched | 'all') {
    this.touched = touched
  }
  check = (): boolean => true
  run(model: Model, real: Real): void {
    model.diary.push(this.touched)
    model.kept = model.kept.filter(({ row }) => !concerns(this.touched, row))
    if (this.touched === 'all') real.cache.forgetAll()
    else real.cache.forget([this.touched])
    agree(model, real)
  }
  toString = (): string => `forget ${JSON.stringify(this.touched)}`
}

class Pass implements fc.Command<Model, Real> {
  readonly ms: number
  readonly isFresh: boolean
  constructor(ms: number, isFresh: boolean) {
    this.ms = ms
    this.isFresh = isFresh
  }
  check = (): boolean => true
  run(model: Model): void {
    model.now += this.ms
    model.isFresh = this.isFresh
  }
  toString = (): string => `pass ${this.ms} ${this.isFresh ? 'fresh' : 'stale'}`
}

it('keeps what a list in order of use and a diary of changes would keep', async () => {
  const core = createTestCore()
  const rows: Row[] = []
  for (let count = 0; count < 3; count++) {
    const user = await aTestUser(core)
    for (let each = 0; each < 2; each++) rows.push({ user, session: (await aTestSession(core, user)).session })
  }
  const row = fc.constantFrom(...rows)
  const commands = [
    ...Array.from({ length: 5 }, () => row.map((each) => new Find(each))),
    ...Array.from({ length: 3 }, () => row.map((each) => new BeginFill(each))),
    ...Array.from({ length: 4 }, () => fc.nat({ max: 20 }).map((which) => new EndFill(which, true))),
    fc.nat({ max: 20 }).map((which) => new EndFill(which, false)),
    row.map(({ user }) => new Forget({ userId: user.id, sessionId: null })),
    row.map(({ user, session }) => new Forget({ userId: user.id, sessionId: session.id })),
    row.map(({ session }) => new Forget({ userId: null, sessionId: session.id })),
    fc.constant(new Forget('all')),
    fc.tuple(fc.nat({ max: maxAgeMs }), fc.boolean()).map(([ms, isFresh]) => new Pass(ms, isFresh)),
    ...Array.from({ length: 3 }, () => fc.nat({ max: 1_000 }).map((ms) => new Pass(ms, true))),
  ]
  fc.assert(
    fc.property(fc.commands(commands, { maxCommands: 80, size: 'max' }), (told) => {
      fc.modelRun(() => {
        const model: Model = { now: 0, isFresh: true, kept: [], diary: [], fills: [], hits: 0, misses: 0, dropped: 0 }
        const counted = { hits: 0, misses: 0, dropped: 0 }
        const cache = createSessionCache({
          stopwatch: { elapsedMs: () => model.now },
          maxEntries,
          freshness: { isFresh: () => model.isFresh },
          counts: {
            hit: () => void counted.hits++,
            miss: () => void counted.misses++,
            fillDropped: () => void counted.dropped++,
          },
        })
        return { model, real: { cache, counted } }
      }, told)
    }),
    { numRuns: 500 },
  )
  expect(rows).toHaveLength(6)
})
