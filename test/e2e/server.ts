import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A mail in the development mailbox. */
export interface Mail {
  readonly id: string
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
  readonly code?: string
  readonly link?: string
  readonly at: string
}

/** `latchkey serve --dev` as a process of its own, with an empty embedded database. */
export interface DevServer {
  readonly url: string
  /** What it printed so far. */
  output(): string
  mailsTo(address: string): Promise<readonly Mail[]>
  /** The newest mail to the address that has a code or link, once there are at least `count` such mails. */
  nextCode(address: string, count?: number): Promise<string>
  nextLink(address: string, count?: number): Promise<string>
  /** Ends the process at once, as a crash would; `start` brings it back on the same port and database. */
  kill(): Promise<void>
  start(): Promise<void>
  remove(): Promise<void>
}

const executable = new URL('../../packages/latchkey/dist/bin.js', import.meta.url).pathname
const patienceMs = 20_000

export async function startDevServer(): Promise<DevServer> {
  const port = await freePort()
  const url = `http://localhost:${port}`
  const dataFolder = await mkdtemp(join(tmpdir(), 'latchkey-e2e-'))
  let running: ChildProcess | undefined
  let printed = ''

  const start = async (): Promise<void> => {
    const child = spawn(process.execPath, [executable, 'serve', '--dev'], {
      env: { ...inheritedEnvironment(), PORT: String(port), LATCHKEY_DATA_DIR: dataFolder },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (printed += chunk.toString()))
    running = child
    await eventually(async () => {
      if (child.exitCode !== null) throw new Error(`The server ended with code ${child.exitCode}:\n${printed}`)
      return (await fetch(`${url}/readyz`).catch(() => undefined))?.ok === true ? true : undefined
    }, `the server to be ready:\n${printed}`)
  }

  const kill = async (): Promise<void> => {
    const child = running
    running = undefined
    if (child === undefined || child.exitCode !== null) return
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    child.kill('SIGKILL')
    await ended
  }

  const mailsTo = async (address: string): Promise<readonly Mail[]> => {
    const response = await fetch(`${url}/dev/mailbox.json`)
    return ((await response.json()) as readonly Mail[]).filter((mail) => mail.to === address)
  }

  const nextOf = (field: 'code' | 'link', address: string, count: number): Promise<string> =>
    eventually(async () => {
      const found = (await mailsTo(address)).flatMap((mail) => mail[field] ?? [])
      return found.length >= count ? found[0] : undefined
    }, `mail number ${count} to ${address} with a ${field}`)

  await start()
  return {
    url,
    output: () => printed,
    mailsTo,
    nextCode: (address, count = 1) => nextOf('code', address, count),
    nextLink: (address, count = 1) => nextOf('link', address, count),
    kill,
    start,
    async remove() {
      await kill()
      await rm(dataFolder, { recursive: true, force: true })
    },
  }
}

/** Settings of the person who runs the tests must not leak into the server. */
function inheritedEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(LATCHKEY_|SMTP_|HOST$|NODE_ENV$|VITEST)/.test(name)),
  )
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, 'localhost', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}

async function eventually<Value>(look: () => Promise<Value | undefined>, what: string): Promise<Value> {
  const deadline = Date.now() + patienceMs
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (Date.now() > deadline) throw new Error(`Waited in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
