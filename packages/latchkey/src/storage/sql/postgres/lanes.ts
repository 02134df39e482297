import type { PostgresLane, PostgresQuery } from './driver.ts'
import type { Flight, Send } from './send.ts'

export interface Lanes {
  send(query: PostgresQuery): Promise<Flight>
  end(): Promise<void>
}

interface Lane {
  opened: Promise<PostgresLane> | undefined
  waiting: number
}

/**
 * A few connections for look-ups by key, shared by all callers and never checked out: queries are pipelined on them, which at 32
 * callers gave half the CPU time a query and twice the throughput of a pool. Nothing that waits for a lock or takes long runs here,
 * since it would hold up what was sent behind it. A lane that broke is opened anew by the next query.
 */
export function createLanes(
  { count, send }: { readonly count: number; readonly send: Send },
  open: () => PostgresLane,
): Lanes {
  const lanes: readonly Lane[] = Array.from({ length: count }, () => ({ opened: undefined, waiting: 0 }))
  let ended = false

  function connect(lane: Lane): Promise<PostgresLane> {
    const connection = open()
    const forget = (): void => {
      if (lane.opened === opened) lane.opened = undefined
    }
    const opened = connection.connect().then(() => connection)
    connection.on('error', forget)
    connection.on('end', forget)
    opened.catch(forget)
    lane.opened = opened
    return opened
  }

  return {
    async send(query) {
      if (ended) throw new Error('The storage is closed.')
      // The first one while it keeps up: its statements are warm.
      const lane = lanes.reduce((best, each) => (each.waiting < best.waiting ? each : best))
      lane.waiting += 1
      try {
        const connection = await (lane.opened ?? connect(lane))
        return await send(connection, [query])
      } finally {
        lane.waiting -= 1
      }
    },
    async end() {
      ended = true
      const open = lanes.flatMap(({ opened }) => (opened === undefined ? [] : [opened]))
      await Promise.allSettled(open.map(async (opened) => (await opened).end()))
    },
  }
}
