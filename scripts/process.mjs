// Child processes for the scripts. Plain JavaScript for Node 18 and later, no dependencies.
import { spawn } from 'node:child_process'
import { dirname, delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))
export const cacheFolder = join(root, 'node_modules', '.cache', 'latchkey')
const parent = process.ppid

/** What the scripts give up with: printed without a stack, because it says what to do. */
export class Advice extends Error {
  constructor(problem, advice) {
    super(advice === undefined ? problem : `${problem}\n  ${advice.replaceAll('\n', '\n  ')}`)
    this.name = 'Advice'
  }
}

export function seconds(sinceMs) {
  return `${((Date.now() - sinceMs) / 1000).toFixed(1)} s`
}

export function say(text) {
  process.stdout.write(`${text}\n`)
}

/** The environment of children: this very Node comes first on the PATH, and npm's traces of the outer `npm run` are gone. */
function childEnvironment(extra = {}) {
  const environment = {}
  for (const [name, value] of Object.entries(process.env)) {
    if (!/^npm_(package|lifecycle|command|config_local_prefix|config_prefix)/i.test(name)) environment[name] = value
  }
  const pathName = Object.keys(environment).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH'
  environment[pathName] = [dirname(process.execPath), environment[pathName]].filter(Boolean).join(delimiter)
  return { ...environment, ...extra }
}

/** Runs to the end and collects the output; never throws for an exit code. */
export function capture(command, args, { cwd = root, env, onOutput, shell = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env: childEnvironment(env), shell, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const collect = (chunk) => {
      output += chunk
      onOutput?.(chunk)
    }
    child.stdout.setEncoding('utf8').on('data', collect)
    child.stderr.setEncoding('utf8').on('data', collect)
    child.on('error', (error) => resolve({ code: 127, output: `${output}${error.message}\n` }))
    child.on('close', (code, signal) =>
      resolve({ code: code ?? 1, output: signal ? `${output}(${signal})\n` : output }),
    )
  })
}

/** A slow silent step: says what happens, that it still happens, and how long it took. */
export async function withProgress(title, work) {
  const startedAt = Date.now()
  say(`▸ ${title} …`)
  const beat = setInterval(() => say(`  … ${seconds(startedAt)}`), 10_000)
  beat.unref()
  try {
    const result = await work()
    say(`  done in ${seconds(startedAt)}`)
    return result
  } finally {
    clearInterval(beat)
  }
}

/** Runs to the end with the terminal; gives the exit code. */
export function run(command, args, { cwd = root, env } = {}) {
  const child = spawn(command, args, { cwd, env: childEnvironment(env), stdio: ['ignore', 'inherit', 'inherit'] })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 1))
  })
}

/** Hands the terminal and the signals to a child and ends with its exit code. */
export function become(command, args, { cwd = root, env } = {}) {
  const child = spawn(command, args, { cwd, env: childEnvironment(env), stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // Ctrl+C reaches the whole process group already; sending it again would cut a graceful stop short.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    })
  }
  const watch = watchParent(() => child.kill('SIGTERM'))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearInterval(watch)
      resolve(code ?? 128 + (signal === 'SIGINT' ? 2 : signal === 'SIGTERM' ? 15 : 1))
    })
  })
}

/** `npm run` starts scripts through a shell that dies of a signal without passing it on, so the script has to notice. */
function watchParent(orphaned) {
  if (!process.env.npm_lifecycle_event) return undefined
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    orphaned()
  }, 500)
  return watch
}

/** npm as the user called it, run by this Node; the bare name when the script was not started by npm. */
export function npm(args, options) {
  const npmScript = process.env.npm_execpath
  if (npmScript && /npm-cli\.[cm]?js$/.test(npmScript)) return capture(process.execPath, [npmScript, ...args], options)
  return capture('npm', args, { ...options, shell: process.platform === 'win32' })
}

/** The entry of a tool that the workspace installs, run as `node <entry>`: no shell, no .cmd, one Node. */
export function tool(name, entry) {
  return join(root, 'node_modules', name, entry)
}

export async function main(work) {
  try {
    process.exitCode = (await work()) ?? 0
  } catch (error) {
    if (!(error instanceof Advice)) throw error
    process.stderr.write(`\n✗ ${error.message}\n`)
    process.exitCode = 1
  }
}
