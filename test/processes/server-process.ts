import { spawn, type ChildProcess } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'
import { afterEach } from 'vitest'
import { eventually } from '../journey/eventually.ts'

export const executable = new URL('../../packages/latchkey/dist/bin.js', import.meta.url).pathname

/** `latchkey serve` as a process of its own. */
export interface ServerProcess {
  readonly url: string
  readonly port: number
  output(): string
  /** Sends a signal and gives the exit code, or the signal that ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals | null>
  readonly ended: Promise<number | NodeJS.Signals | null>
  readonly child: ChildProcess
}

export interface ServerOptions {
  readonly directory: string
  readonly arguments?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** Default a free one. */
  readonly port?: number
}

const running = new Set<ServerProcess>()
afterEach(async () => {
  await Promise.all([...running].map((server) => server.stop('SIGKILL')))
})

/** Settings for tests: cheap hashes, no network. */
export const testSettings: Readonly<Record<string, string>> = {
  LATCHKEY_HASH_MEMORY_KIB: '8192',
  LATCHKEY_HASH_PASSES: '1',
  LATCHKEY_HASH_UNSAFE_WEAK: 'a test',
  LATCHKEY_BREACHED_PASSWORDS: 'false',
}

/** Starts without waiting until it serves. */
export async function launchServer(options: ServerOptions): Promise<ServerProcess> {
  const port = options.port ?? (await freePort())
  const child = spawn(process.execPath, [executable, 'serve', ...(options.arguments ?? [])], {
    cwd: options.directory,
    env: { ...plainEnvironment(), ...testSettings, PORT: String(port), ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (printed += chunk))
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (printed += chunk))
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal))
  })
  const server: ServerProcess = {
    url: `http://127.0.0.1:${port}`,
    port,
    child,
    ended,
    output: () => printed,
    stop(signal = 'SIGTERM') {
      child.kill(signal)
      return ended
    },
  }
  running.add(server)
  void ended.then(() => running.delete(server))
  return server
}

/** Starts and waits until it is ready. */
export async function startServerProcess(options: ServerOptions): Promise<ServerProcess> {
  const server = await launchServer(options)
  await eventually(async () => {
    if (server.child.exitCode !== null)
      throw new Error(`the server ended with ${server.child.exitCode}:\n${server.output()}`)
    return (await fetch(`${server.url}/readyz`).catch(() => undefined))?.ok === true ? true : undefined
  }, 'the server to be ready')
  return server
}

/** Of whoever runs the tests, only what a process needs. */
export function plainEnvironment(): Record<string, string> {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'SYSTEMROOT']
  return Object.fromEntries(
    kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  )
}

export async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}
