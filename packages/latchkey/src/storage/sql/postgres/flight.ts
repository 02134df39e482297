import type { PostgresClient, PostgresPool, PostgresQuery } from './driver.ts'
import type { Flight, Send } from './send.ts'

/** Nobody answered: no query of the flight was sent. */
export interface NotConnected {
  readonly ok: false
  readonly notConnected: unknown
}

export const begin: PostgresQuery = { name: 'latchkey_begin', text: 'BEGIN ISOLATION LEVEL READ COMMITTED', values: [] }
export const commit: PostgresQuery = { name: 'latchkey_commit', text: 'COMMIT', values: [] }
const rollback: PostgresQuery = { name: 'latchkey_rollback', text: 'ROLLBACK', values: [] }

/** Runs the queries in order on one connection of the pool. What a failed transaction held is free by the time of the answer. */
export async function runFlight(
  { pool, send }: { readonly pool: PostgresPool; readonly send: Send },
  queries: readonly PostgresQuery[],
): Promise<Flight | NotConnected> {
  let client: PostgresClient
  try {
    client = await pool.connect()
  } catch (error) {
    return { ok: false, notConnected: error }
  }
  keepAliveWithoutListener(client)
  const flight = await send(client, queries)
  if (flight.ok) client.release()
  else if (!flight.settled) client.release(true)
  else if (queries[0] !== begin) client.release()
  else void send(client, [rollback]).then(({ ok }) => client.release(!ok))
  return flight
}

// A client that loses its connection while it is checked out emits `error`, which ends the process when nobody listens.
const listenedTo = new WeakSet<object>()

function keepAliveWithoutListener(client: PostgresClient): void {
  if (listenedTo.has(client)) return
  listenedTo.add(client)
  client.on('error', () => undefined)
}
