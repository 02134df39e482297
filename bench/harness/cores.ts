import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

/** Servers on the first core, the client on the others, where the system can say so. */
export function pinServer(pid: number): void {
  pin(pid, '0')
}

export function pinClient(): void {
  pin(process.pid, `1-${availableParallelism() - 1}`)
}

export function unpinClient(): void {
  pin(process.pid, `0-${availableParallelism() - 1}`)
}

export const canPin: boolean = availableParallelism() > 1 && hasTaskset()

function pin(pid: number, cores: string): void {
  if (canPin) execFileSync('taskset', ['-a', '-c', '-p', cores, String(pid)], { stdio: 'ignore' })
}

function hasTaskset(): boolean {
  try {
    execFileSync('taskset', ['-p', String(process.pid)], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
