import { readdirSync, readFileSync } from 'node:fs'
import { getPriority, setPriority } from 'node:os'

/** A step of the nice scale weighs a quarter more or less: five behind, a thread is left a quarter of a core that the loop keeps busy. */
const stepsBehind = 5
const lowest = 19

let isAsked = false

/**
 * Lets the event loop go before libuv's pool where both want the same core: the system then wakes the loop at once instead of after a
 * hash's slice of milliseconds, and hashes run in all the time that the loop leaves. Threads are found by the name that libuv gives them,
 * so it works on Linux from libuv 1.50 on and does nothing elsewhere. For good: a process may lower its priority and not raise it.
 * Call it when the pool has begun to work; later calls do nothing.
 */
export function yieldToLoop(): void {
  if (isAsked) return
  isAsked = true
  if (process.platform !== 'linux') return
  try {
    const priority = Math.min(lowest, getPriority() + stepsBehind)
    for (const thread of poolThreads()) setPriority(thread, priority)
  } catch {
    // A sandbox without /proc: everything works as it did, only less calmly.
  }
}

/** Ids of the threads of libuv's pool; none before its first work. */
export function poolThreads(): readonly number[] {
  const isPool = (id: string): boolean => readFileSync(`/proc/self/task/${id}/comm`, 'utf8') === 'libuv-worker\n'
  return readdirSync('/proc/self/task').filter(isPool).map(Number)
}
