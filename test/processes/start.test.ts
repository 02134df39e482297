import { spawn } from 'node:child_process'
import { cpSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { plainEnvironment } from './server-process.ts'
import { temporaryFolder } from './temporary-folder.ts'

const root = join(import.meta.dirname, '../..')

/** What `npm start` runs, on a clone without dependencies and from which no registry can be reached. */
async function start(
  environment: Readonly<Record<string, string>>,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const clone = temporaryFolder()
  for (const name of ['scripts', 'lint', 'package.json', 'package-lock.json'])
    cpSync(join(root, name), join(clone, name), { recursive: true })
  const offline = { npm_config_registry: 'http://127.0.0.1:1/', npm_config_cache: join(clone, 'empty-cache') }
  const child = spawn(process.execPath, [join(clone, 'scripts/start.mjs')], {
    cwd: clone,
    env: { ...plainEnvironment(), ...offline, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, output }
}

describe('npm start on a fresh clone', () => {
  it('says what to do where the registry cannot be reached, without a stack', async () => {
    const { code, output } = await start({ PORT: '0' })
    expect(code).toBe(1)
    expect(output).toContain('▸ Installing dependencies')
    expect(output).toContain('✗ npm could not reach its registry.\n  Check the network, the proxy')
    expect(output).toMatch(/ECONNREFUSED 127\.0\.0\.1:1/)
    expect(output).not.toMatch(/^.*\bat .*\(node:/m)
    expect(output).not.toContain('EBADENGINE')
  })

  it('says that the port is taken before it installs anything, and which other one to try', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void other.close())
    const { port } = other.address() as AddressInfo
    const { code, output } = await start({ PORT: String(port) })
    expect(code).toBe(1)
    expect(output).toMatch(`✗ Port ${port} is taken by another program.\n  Stop it, or choose another port: PORT=`)
    expect(output).not.toContain('Installing')
  })
})
