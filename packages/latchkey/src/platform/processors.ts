import { availableParallelism } from 'node:os'

/** How many threads can compute at once: the cores this process may use, cgroup limits included where the system tells them. */
export function availableCores(): number {
  return availableParallelism()
}

/** Threads of libuv's pool, which native hashes, `dns.lookup` and `fs` share: `UV_THREADPOOL_SIZE`, else 4. */
export function threadPoolSize(): number {
  const configured = Number(process.env['UV_THREADPOOL_SIZE'])
  return Number.isInteger(configured) && configured > 0 ? Math.min(configured, 1_024) : 4
}
