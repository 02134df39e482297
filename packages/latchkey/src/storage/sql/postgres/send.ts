import type pg from 'pg'
import { sharedRound } from '../../../platform/timers.ts'
import { asArrays, isIntegerType } from './column-types.ts'
import type { PostgresConnection, PostgresQuery, PostgresResult } from './driver.ts'
import { isLostGuard, isStalePreparation, postgresFault } from './faults.ts'
import { createWireWriter, type WireMessages } from './wire.ts'

export interface FlightFailure {
  /** Position among the queries of the flight. */
  readonly index: number
  readonly error: unknown
}

export type Flight =
  | { readonly ok: true; readonly results: readonly PostgresResult[] }
  /** The first that failed; none behind it was run. `settled`: the server said so itself, the connection is of further use. */
  | { readonly ok: false; readonly failure: FlightFailure; readonly settled: boolean }

/** Runs the queries in order on one connection. */
export type Send = (connection: PostgresConnection, queries: readonly PostgresQuery[]) => Promise<Flight>

export function failedFlight(index: number, error: unknown): Flight {
  return { ok: false, failure: { index, error }, settled: postgresFault(error) !== 'cut' }
}

/** What a connection knows of a statement that it parsed: which columns are numbers, once rows were described. */
interface Prepared {
  numbers: readonly boolean[] | undefined
}

/** The part of `pg`'s connection that is written to. */
interface WireConnection {
  readonly stream: { readonly writable: boolean; write(bytes: Buffer): unknown }
}

interface RowDescription {
  readonly fields: readonly { readonly dataTypeID: number }[]
}

/**
 * All queries in one write and with one Sync at the end: after an error the server skips the rest, COMMIT included. `pg` by itself
 * syncs behind each query, which costs the server a write and us a read for each, and has the columns of each described anew: a flight of
 * six statements took both sides twice the CPU time. Connections that are not clients of this `pg` are asked query by query.
 */
export function createSend({ Client, Query }: typeof pg): Send {
  const preparedOn = new WeakMap<WireConnection, Map<string, Prepared>>()
  const write = createWireWriter()

  function sendAtOnce(client: pg.Client, queries: readonly PostgresQuery[]): Promise<Flight> {
    const results: PostgresResult[] = []
    const fresh = new Set<string>()
    let prepared = new Map<string, Prepared>()
    let statements: readonly Prepared[] = []
    let rows: (readonly unknown[])[] = []

    return new Promise((resolve) => {
      // What `pg` calls; it lets no other kind of query than its own through a pipeline.
      const query = Object.assign(new Query(''), {
        callback(error?: unknown) {
          const flight: Flight = error === undefined ? { ok: true, results } : failedFlight(results.length, error)
          // Together with what other connections answered by now.
          void sharedRound().then(() => resolve(flight))
        },
        submit(connection: WireConnection) {
          prepared = preparedOn.get(connection) ?? prepared
          preparedOn.set(connection, prepared)
          const bytes = write((messages) => {
            statements = queries.map(({ name, text, values }) => {
              const statement = prepared.get(name) ?? parse(messages, name, text)
              messages.bind(name, values)
              if (statement.numbers === undefined) messages.describe()
              messages.execute()
              return statement
            })
            messages.sync()
          })
          if (connection.stream.writable) connection.stream.write(bytes)
        },
        handleRowDescription({ fields }: RowDescription) {
          const statement = statements[results.length]
          if (statement !== undefined) statement.numbers = fields.map(({ dataTypeID }) => isIntegerType(dataTypeID))
        },
        handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }) {
          const numbers = statements[results.length]?.numbers ?? []
          rows.push(fields.map((cell, index) => (cell !== null && numbers[index] === true ? Number(cell) : cell)))
        },
        handleCommandComplete({ text }: { readonly text: string }) {
          const statement = statements[results.length]
          if (statement !== undefined) statement.numbers ??= []
          const [command = ''] = text.split(' ', 1)
          results.push({ command, rowCount: Number(text.slice(text.lastIndexOf(' ') + 1)) || 0, rows })
          rows = []
        },
        handleError(error: unknown) {
          forgetUnparsed(error)
          query.callback(error)
        },
        handleReadyForQuery() {
          query.callback()
        },
      })
      client.query(query)
    })

    function parse(messages: WireMessages, name: string, text: string): Prepared {
      const statement: Prepared = { numbers: undefined }
      // It may be there after all, if an earlier flight failed on it.
      messages.closeStatement(name)
      messages.parse(name, text)
      prepared.set(name, statement)
      fresh.add(name)
      return statement
    }

    function forgetUnparsed(error: unknown): void {
      const failed = results.length
      for (const { name } of queries.slice(isLostGuard(error) ? failed + 1 : failed)) {
        if (fresh.has(name)) prepared.delete(name)
      }
      // Somebody else cleared the connection (DEALLOCATE ALL, DISCARD ALL), or a migration changed a column (ALTER COLUMN … TYPE).
      if (isStalePreparation(error)) prepared.clear()
    }
  }

  return (client, queries) => (client instanceof Client ? sendAtOnce(client, queries) : sendInTurn(client, queries))
}

export const sendInTurn: Send = async (client, queries) => {
  const results: PostgresResult[] = []
  for (const query of queries) {
    const [outcome] = await Promise.allSettled([client.query({ ...query, ...asArrays })])
    if (outcome.status === 'rejected') return failedFlight(results.length, outcome.reason)
    results.push(outcome.value)
  }
  return { ok: true, results }
}
