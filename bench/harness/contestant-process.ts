import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { ContestantOptions, Listening, RoundRequest, RoundResult } from './contestant.ts'
import type { Profile } from './profile.ts'

/** The parent's end of a contestant. */
export interface ContestantProcess {
  /** As it stands in tables: `better-auth, SQLite`. */
  readonly label: string
  readonly pid: number
  readonly operations: readonly string[]
  round(request: RoundRequest): Promise<RoundResult>
  profile(request: RoundRequest): Promise<Profile>
  listen(): Promise<Listening>
  usage(): Promise<{ readonly cpuMicros: number; readonly rssMb: number }>
  /** What only this kind of contestant can do. */
  ask<Result>(name: string, input?: unknown): Promise<Result>
  close(): Promise<void>
}

interface Reply {
  readonly id: number
  readonly result?: unknown
  readonly error?: string
}

const childFile = fileURLToPath(new URL('child.ts', import.meta.url))
const stubHooks = new URL('../stub/hooks.mjs', import.meta.url).href

/** Starts a contestant in a process of its own. */
export async function startContestant(
  label: string,
  name: string,
  options: ContestantOptions = {},
): Promise<ContestantProcess> {
  const child = fork(childFile, [name, JSON.stringify(options)], {
    execArgv: ['--disable-warning=ExperimentalWarning', ...(options.stubHash === true ? ['--import', stubHooks] : [])],
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (printed = (printed + text).slice(-4_000)))
  }
  const call = callsOf(label, child, () => printed)
  const operations = (await call.first.catch((error: unknown) => {
    child.kill()
    throw error
  })) as readonly string[]
  return {
    label,
    pid: child.pid ?? 0,
    operations,
    round: (request) => call.ask('round', request) as Promise<RoundResult>,
    profile: (request) => call.ask('profile', request) as Promise<Profile>,
    listen: () => call.ask('listen') as Promise<Listening>,
    usage: () => call.ask('usage') as Promise<{ cpuMicros: number; rssMb: number }>,
    ask: <Result>(asked: string, input?: unknown) => call.ask(asked, input) as Promise<Result>,
    async close() {
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
      await call.ask('close').catch(() => undefined)
      const timer = setTimeout(() => child.kill('SIGKILL'), 5_000)
      await ended
      clearTimeout(timer)
    },
  }
}

function callsOf(
  label: string,
  child: ChildProcess,
  printed: () => string,
): { readonly first: Promise<unknown>; ask(name: string, input?: unknown): Promise<unknown> } {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  let lastId = 0
  const expect = (id: number): Promise<unknown> => {
    const deferred = Promise.withResolvers<unknown>()
    waiting.set(id, deferred)
    return deferred.promise
  }
  child.on('message', ({ id, result, error }: Reply) => {
    const deferred = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) deferred?.resolve(result)
    else deferred?.reject(new Error(`${label}: ${error}`))
  })
  child.once('exit', (code, signal) => {
    for (const deferred of waiting.values())
      deferred.reject(new Error(`${label} ended (${code ?? signal}):\n${printed()}`))
    waiting.clear()
  })
  return {
    first: expect(0),
    ask(name, input) {
      const id = ++lastId
      const reply = expect(id)
      child.send({ id, name, input })
      return reply
    },
  }
}
