import { Session, type Profiler } from 'node:inspector/promises'
import { joinedModule } from './joined-module.ts'

/** Where the processor time of a process went, the greatest first. */
export interface Profile {
  readonly sampledMs: number
  /** Share of the samples by package or file. */
  readonly places: readonly Share[]
  /** The same by function. */
  readonly functions: readonly Share[]
}

export interface Share {
  readonly name: string
  readonly share: number
}

/** Runs work under V8's sampling profiler, as `node --cpu-prof` does, and sums up self time. */
export async function profiled(work: () => Promise<unknown>): Promise<Profile> {
  const session = new Session()
  session.connect()
  try {
    await session.post('Profiler.enable')
    await session.post('Profiler.setSamplingInterval', { interval: 200 })
    await session.post('Profiler.start')
    await work()
    const { profile } = await session.post('Profiler.stop')
    return sumUp(profile)
  } finally {
    session.disconnect()
  }
}

export function sumUp(profile: Profiler.Profile): Profile {
  const selfMicros = new Map<number, number>()
  for (const [index, id] of (profile.samples ?? []).entries())
    selfMicros.set(id, (selfMicros.get(id) ?? 0) + (profile.timeDeltas?.[index] ?? 0))
  const places = new Map<string, number>()
  const functions = new Map<string, number>()
  const callers = callersOf(profile)
  let total = 0
  for (const node of profile.nodes) {
    const { id, callFrame } = node
    const micros = selfMicros.get(id) ?? 0
    // Idle, and what starting and stopping the profiler costs.
    if (micros === 0 || callFrame.functionName === '(idle)' || callFrame.url === 'node:inspector') continue
    total += micros
    const place = placeOf(node, callers)
    places.set(place, (places.get(place) ?? 0) + micros)
    const line = callFrame.url === '' ? '' : `:${callFrame.lineNumber + 1}`
    const name = `${callFrame.functionName || '(anonymous)'} · ${place}${line}`
    functions.set(name, (functions.get(name) ?? 0) + micros)
  }
  return { sampledMs: total / 1_000, places: shares(places, total), functions: shares(functions, total) }
}

function shares(micros: ReadonlyMap<string, number>, total: number): readonly Share[] {
  return [...micros]
    .map(([name, spent]) => ({ name, share: total === 0 ? 0 : spent / total }))
    .toSorted((a, b) => b.share - a.share)
    .slice(0, 16)
}

type Node = Profiler.ProfileNode

function callersOf({ nodes }: Profiler.Profile): ReadonlyMap<number, Node> {
  const callers = new Map<number, Node>()
  for (const node of nodes) for (const child of node.children ?? []) callers.set(child, node)
  return callers
}

/** `latchkey/http/handler.js`, `npm:pg`, `node:net`; compiled code counts for its caller: `native of npm:pg`. No paths of this machine. */
function placeOf(node: Node, callers: ReadonlyMap<number, Node>): string {
  const { url, functionName, lineNumber } = node.callFrame
  if (functionName.startsWith('(')) return functionName
  if (url === '') {
    let caller = callers.get(node.id)
    while (caller !== undefined && caller.callFrame.url === '') caller = callers.get(caller.id)
    return caller === undefined ? 'native' : `native of ${placeOf(caller, callers)}`
  }
  if (url.startsWith('node:')) return url
  const packaged = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1]
  if (packaged !== undefined && packaged !== 'latchkey') return `npm:${packaged}`
  const module = url.includes('/latchkey/dist/') ? joinedModule(url, lineNumber) : undefined
  if (module !== undefined) return `latchkey/${module}`
  return /\/packages\/(.+)$/.exec(url)?.[1]?.replace('/dist/', '/') ?? /\/(bench\/.+)$/.exec(url)?.[1] ?? 'elsewhere'
}
