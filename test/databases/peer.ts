import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { ContractPeer } from '../../packages/latchkey/src/storage/contract/contract.ts'
import type { MigrationReport } from '../../packages/latchkey/src/storage/storage.ts'

export interface Peer extends ContractPeer {
  migrate(): Promise<MigrationReport>
}

interface Waiting {
  readonly resolve: (result: never) => void
  readonly reject: (error: Error) => void
}

/** The same database in another process of its own. */
export async function startPeer(dialect: 'sqlite' | 'postgres' | 'mysql', place: string): Promise<Peer> {
  const script = fileURLToPath(new URL('./peer-process.ts', import.meta.url))
  const child = spawn(process.execPath, [script, dialect, place], { stdio: ['pipe', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const waiting = new Map<number, Waiting>()
  let last = 0
  const ready = new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const answer = JSON.parse(line) as { ready?: true; id?: number; result?: never; error?: string }
      if (answer.ready === true) resolve()
      const call = waiting.get(answer.id ?? 0)
      waiting.delete(answer.id ?? 0)
      if (answer.error !== undefined) call?.reject(new Error(answer.error))
      else if (answer.result !== undefined) call?.resolve(answer.result)
    })
    child.on('exit', () => {
      const gone = new Error('the other process is gone')
      reject(gone)
      for (const { reject: fail } of waiting.values()) fail(gone)
    })
  })
  child.stdin.on('error', () => undefined)
  await ready

  function call<Result>(name: 'charge' | 'commit' | 'migrate', given: unknown, now: number): Promise<Result> {
    return new Promise((resolve, reject) => {
      const id = ++last
      waiting.set(id, { resolve, reject })
      child.stdin.write(`${JSON.stringify({ id, call: name, given, now })}\n`)
    })
  }
  return {
    charge: (charges, now) => call('charge', charges, now),
    commit: (writes, now) => call('commit', writes, now),
    migrate: () => call('migrate', [], 0),
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
