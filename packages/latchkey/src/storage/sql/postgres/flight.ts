import type { PostgresClient, PostgresPool, PostgresQuery, PostgresResult } from './driver.ts'
import { postgresFault } from './faults.ts'

export interface FlightFailure {
  /** Position among the queries of the flight. */
  readonly index: number
  readonly error: unknown
}

export type Flight =
  | { readonly ok: true; readonly results: readonly PostgresResult[] }
  /** The first that failed. `settled`: the server answered to every query, so the transaction is over. */
  | { readonly ok: false; readonly failure: FlightFailure; readonly settled: boolean }

/** Nobody answered: no query of the flight was sent. */
export interface NotConnected {
  readonly ok: false
  readonly notConnected: unknown
}

/** Runs the queries in order on one connection: at once where the client pipelines, else one after the other. */
export async function runFlight(pool: PostgresPool, queries: readonly PostgresQuery[]): Promise<Flight | NotConnected> {
  let client: PostgresClient
  try {
    client = await pool.connect()
  } catch (error) {
    return { ok: false, notConnected: error }
  }
  keepAliveWithoutListener(client)
  const outcomes = isPipelined(client) ? await sendAtOnce(client, queries) : await sendInTurn(client, queries)
  const flight = judge(outcomes)
  client.release(!flight.ok && !flight.settled)
  return flight
}

// A client that loses its connection while it is checked out emits `error`, which ends the process when nobody listens.
const listenedTo = new WeakSet<object>()

function keepAliveWithoutListener(client: PostgresClient): void {
  if (listenedTo.has(client)) return
  listenedTo.add(client)
  client.on('error', () => undefined)
}

function isPipelined(client: object): boolean {
  return 'pipeline' in client && client.pipeline === true
}

async function sendAtOnce(
  client: PostgresClient,
  queries: readonly PostgresQuery[],
): Promise<readonly PromiseSettledResult<PostgresResult>[]> {
  const stream = streamOf(client)
  // One write to the socket for the whole flight; `pg` by itself makes one for each query.
  stream?.cork()
  const answers = queries.map((query) => client.query(query))
  stream?.uncork()
  return Promise.allSettled(answers)
}

interface Corkable {
  cork(): void
  uncork(): void
}

function streamOf(client: object): Corkable | undefined {
  if (!('connection' in client) || typeof client.connection !== 'object' || client.connection === null) return undefined
  if (!('stream' in client.connection)) return undefined
  const { stream } = client.connection
  return isCorkable(stream) ? stream : undefined
}

function isCorkable(stream: unknown): stream is Corkable {
  return typeof stream === 'object' && stream !== null && 'cork' in stream && 'uncork' in stream
}

/** As the server would in a flight, it goes on to COMMIT after an error, which rolls back. */
async function sendInTurn(
  client: PostgresClient,
  queries: readonly PostgresQuery[],
): Promise<readonly PromiseSettledResult<PostgresResult>[]> {
  const outcomes: PromiseSettledResult<PostgresResult>[] = []
  let failed = false
  for (const [index, query] of queries.entries()) {
    if (failed && index < queries.length - 1) continue
    const [outcome] = await Promise.allSettled([client.query(query)])
    outcomes.push(outcome)
    failed ||= outcome.status === 'rejected'
  }
  return outcomes
}

function judge(outcomes: readonly PromiseSettledResult<PostgresResult>[]): Flight {
  const index = outcomes.findIndex(({ status }) => status === 'rejected')
  const failed = outcomes[index]
  if (failed?.status !== 'rejected') {
    return { ok: true, results: outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : [])) }
  }
  const settled = outcomes.every((outcome) => outcome.status === 'fulfilled' || postgresFault(outcome.reason) !== 'cut')
  return { ok: false, failure: { index, error: failed.reason }, settled }
}
