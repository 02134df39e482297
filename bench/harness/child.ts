// The process of one contestant: builds it, and does what the parent asks for, one thing at a time.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Contestant, ContestantOptions, RoundRequest } from './contestant.ts'
import { profiled } from './profile.ts'
import { runRound } from './round.ts'

export interface Call {
  readonly id: number
  readonly name: string
  readonly input: unknown
}

const [name = '', options = '{}'] = process.argv.slice(2)
const { create } = (await import(`../contestants/${name}.ts`)) as {
  create(options: ContestantOptions): Promise<Contestant & Record<string, unknown>>
}
let open: Contestant | undefined
// The parent's end is a reason to go, with the database that was made for this process.
process.on('disconnect', () => {
  if (open === undefined) process.exit(0)
  setTimeout(() => process.exit(1), 3_000)
  void open.close().finally(() => process.exit(1))
})

try {
  const created = await create(JSON.parse(options) as ContestantOptions)
  open = created
  process.on('message', (call: Call) => void answer(created, call))
  process.send?.({ id: 0, result: Object.keys(created.operations) })
} catch (error) {
  process.send?.({ id: 0, error: textOf(error) })
}

const paceOf = new Map<string, number>()

async function answer(
  contestant: Contestant & Record<string, unknown>,
  { id, name: asked, input }: Call,
): Promise<void> {
  try {
    process.send?.({ id, result: await perform(contestant, asked, input) })
  } catch (error) {
    process.send?.({ id, error: textOf(error) })
  }
  if (asked !== 'close') return
  open = undefined
  process.disconnect()
}

async function perform(
  contestant: Contestant & Record<string, unknown>,
  asked: string,
  input: unknown,
): Promise<unknown> {
  if (asked === 'round' || asked === 'profile' || asked === 'prepare') {
    const request = input as RoundRequest
    const operation = contestant.operations[request.operation]
    if (operation === undefined) throw new Error(`${name} has no operation ${request.operation}`)
    if (asked === 'prepare') return operation.prepare?.(request.count ?? 1)
    const work = (): Promise<unknown> => runRound(operation, request, paceOf)
    return asked === 'round' ? work() : profiled(work)
  }
  if (asked === 'usage') {
    const { user, system } = process.cpuUsage()
    return { cpuMicros: user + system, rssMb: process.memoryUsage().rss / 2 ** 20 }
  }
  if (asked === 'liveHeap') return liveHeapMb()
  const member = contestant[asked]
  if (typeof member !== 'function') throw new Error(`${name} cannot ${asked}`)
  return Reflect.apply(member, contestant, [input])
}

/** What is still reachable: a heap that merely waits for its collector is no leak. */
function liveHeapMb(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  return process.memoryUsage().heapUsed / 2 ** 20
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
