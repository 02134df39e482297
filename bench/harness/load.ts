import { connect, type Socket } from 'node:net'

/** One keep-alive connection that sends a fixed request and waits for its answer. Costs the client as little as it can. */
interface Line {
  /** Resolves with the status when the whole answer is there. */
  ask(): Promise<number>
  close(): void
}

const headEnd = Buffer.from('\r\n\r\n')
const lastChunk = Buffer.from('0\r\n\r\n')

export interface Target {
  readonly port: number
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
}

export interface LoadResult {
  readonly count: number
  readonly perSecond: number
  /** From the instant at which the request was due (open loop) or sent (closed loop) to the end of its answer. */
  readonly latenciesMs: readonly number[]
}

/** Every connection asks again as soon as it has its answer. */
export async function closedLoop(
  target: Target,
  { connections, durationMs }: { readonly connections: number; readonly durationMs: number },
): Promise<LoadResult> {
  const lines = await Promise.all(Array.from({ length: connections }, () => openLine(target)))
  const latenciesMs: number[] = []
  const startedAt = performance.now()
  const endAt = startedAt + durationMs
  await Promise.all(
    lines.map(async (line) => {
      for (let at = startedAt; at < endAt;) {
        expectOk(await line.ask())
        const now = performance.now()
        latenciesMs.push(now - at)
        at = now
      }
    }),
  )
  const elapsedMs = performance.now() - startedAt
  for (const line of lines) line.close()
  return { count: latenciesMs.length, perSecond: (latenciesMs.length / elapsedMs) * 1_000, latenciesMs }
}

/**
 * Requests fall due at a fixed rate whatever the server does, and their time counts from when they were due, so that a server that
 * stalls cannot slow the questions down (no coordinated omission).
 */
export async function openLoop(
  target: Target,
  {
    perSecond,
    durationMs,
    connections,
  }: { readonly perSecond: number; readonly durationMs: number; readonly connections: number },
): Promise<LoadResult> {
  const idle = await Promise.all(Array.from({ length: connections }, () => openLine(target)))
  const lines = [...idle]
  const waiting: number[] = []
  const latenciesMs: number[] = []
  const startedAt = performance.now()
  const total = Math.max(1, Math.round((perSecond * durationMs) / 1_000))
  let due = 0
  const done = Promise.withResolvers<void>()
  const giveUp = setTimeout(() => done.reject(new Error('the open loop did not end')), durationMs + 60_000)
  const serve = (dueAt: number): void => {
    const line = idle.pop()
    if (line === undefined) return void waiting.push(dueAt)
    serveOn(line, dueAt).catch(done.reject)
  }
  const serveOn = async (line: Line, firstDueAt: number): Promise<void> => {
    for (let dueAt: number | undefined = firstDueAt; dueAt !== undefined; dueAt = waiting.shift()) {
      expectOk(await line.ask())
      latenciesMs.push(performance.now() - dueAt)
    }
    idle.push(line)
    if (latenciesMs.length === total) done.resolve()
  }
  const tick = (): void => {
    const now = performance.now()
    while (due < total && startedAt + (due * 1_000) / perSecond <= now) serve(startedAt + (due++ * 1_000) / perSecond)
    // Timers have a resolution of a millisecond and more; a loop of immediates keeps to the schedule.
    if (due < total) setImmediate(tick)
  }
  tick()
  await done.promise
  clearTimeout(giveUp)
  for (const line of lines) line.close()
  return { count: total, perSecond: (total / (performance.now() - startedAt)) * 1_000, latenciesMs }
}

function expectOk(status: number): void {
  if (status !== 200) throw new Error(`an answer with status ${status} has no speed`)
}

async function openLine({ port, target, headers }: Target): Promise<Line> {
  const lines = [`GET ${target} HTTP/1.1`, 'Host: 127.0.0.1', ...Object.entries(headers).map((pair) => pair.join(': '))]
  const request = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  let waiting: PromiseWithResolvers<number> | undefined
  let received: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
    const status = statusOfWhole(received)
    if (status === undefined) return
    received = Buffer.alloc(0)
    waiting?.resolve(status)
  })
  const fail = (error?: Error): void => waiting?.reject(error ?? new Error('the server closed the connection'))
  socket.on('error', fail)
  socket.on('close', () => fail())
  return {
    ask() {
      waiting = Promise.withResolvers<number>()
      socket.write(request)
      return waiting.promise
    },
    close: () => socket.destroy(),
  }
}

/** The status once the last byte has come; nothing follows it, because nothing is sent ahead. */
function statusOfWhole(received: Buffer): number | undefined {
  const end = received.indexOf(headEnd)
  if (end === -1) return undefined
  const head = received.toString('latin1', 0, end).toLowerCase()
  const at = head.indexOf('\r\ncontent-length:')
  const isWhole =
    at === -1
      ? head.includes('\r\ntransfer-encoding: chunked') && received.subarray(-5).equals(lastChunk)
      : received.length >= end + 4 + Number.parseInt(head.slice(at + 17), 10)
  return isWhole ? Number(head.slice(9, 12)) : undefined
}
