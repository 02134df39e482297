import { secondMs } from '../../../platform/clock.ts'
import { systemTimers } from '../../../platform/timers.ts'
import type { PostgresListener, PostgresPool } from './driver.ts'

/**
 * Told after the commit, not inside it: a transaction that notifies holds a lock of the whole server until its commit is on the disk, so
 * that such commits follow one another (https://www.postgresql.org/docs/current/sql-notify.html); of 50 parallel callers half as many got
 * through. Whoever is killed between the two costs the others the time to their next poll. One telling is on its way at a time, since one
 * says it for all commits before it.
 */
export function createTeller(pool: PostgresPool, channel: string): () => void {
  const query = { name: `${channel}_notify`, text: `SELECT pg_notify('${channel}', '')` }
  let isOnItsWay = false
  let isWanted = false
  async function tell(): Promise<void> {
    isOnItsWay = true
    do {
      isWanted = false
      await pool.query(query).catch(() => undefined)
    } while (isWanted)
    isOnItsWay = false
  }
  return () => {
    isWanted = true
    if (!isOnItsWay) void tell()
  }
}

const shortestPauseMs = 100
const longestPauseMs = 5 * secondMs
/** A connection that nobody answers on is found out by asking something; TCP alone would take two hours. */
const heartbeatMs = 15 * secondMs

/**
 * LISTEN on a connection of its own, made anew whenever it breaks. Through a pooler that hands connections from transaction to transaction
 * it hears nothing, which costs time and no truth. It does not keep the process alive.
 */
export function listenOn(open: () => PostgresListener, channel: string, hint: () => void): () => Promise<void> {
  let isOver = false
  let pauseMs = shortestPauseMs
  let cancelWait: (() => void) | undefined
  let connection: PostgresListener | undefined

  async function connect(): Promise<void> {
    const opened = open()
    connection = opened
    opened.on('error', () => lost(opened))
    opened.on('end', () => lost(opened))
    opened.on('notification', hint)
    try {
      await opened.connect()
      opened.unref?.()
      await opened.query({ text: `LISTEN "${channel}"` })
      pauseMs = shortestPauseMs
      // What was told while nobody listened.
      hint()
      await beat(opened)
    } catch {
      lost(opened)
    }
  }

  async function beat(opened: PostgresListener): Promise<void> {
    while (connection === opened && !isOver) {
      await new Promise<void>((resolve) => {
        cancelWait = systemTimers.after(heartbeatMs, resolve)
      })
      if (connection === opened) await opened.query({ text: 'SELECT 1' })
    }
  }

  function lost(broken: PostgresListener): void {
    if (connection !== broken) return
    connection = undefined
    void broken.end().catch(() => undefined)
    if (isOver) return
    cancelWait?.()
    cancelWait = systemTimers.after(pauseMs, () => void connect())
    pauseMs = Math.min(2 * pauseMs, longestPauseMs)
  }

  void connect()
  return async () => {
    isOver = true
    cancelWait?.()
    const open = connection
    connection = undefined
    await open?.end().catch(() => undefined)
  }
}
