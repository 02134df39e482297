// From a fresh clone to a tree that runs: a new enough Node, the dependencies, the build. Each step is skipped when
// nothing changed. Plain JavaScript for Node 18 and later, no dependencies.
import { createHash } from 'node:crypto'
import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from './build.mjs'
import { Advice, become, cacheFolder, capture, npm, root, say, withProgress } from './process.mjs'

const minimum = [22, 18]
// The npm packages node-<platform> carry a whole Node and run no install script. The newest that each platform has:
const bundledNodes = {
  'linux-x64': '24.21.0',
  'linux-arm64': '24.21.0',
  'darwin-arm64': '24.18.1',
  'win-x64': '24.21.0',
}

/** Returns an exit code when a newer Node did the whole job instead, `undefined` when this process should go on. */
export async function prepare({ withBuild = true } = {}) {
  requireWritable()
  const exitCode = await ensureNode()
  if (exitCode !== undefined) return exitCode
  await ensureDependencies()
  if (withBuild) await build()
  return undefined
}

function requireWritable() {
  try {
    accessSync(root, constants.W_OK)
  } catch {
    throw new Advice(
      `This folder is not writable: ${root}`,
      'Latchkey keeps its dependencies, its build and (in development) its data here. Clone it to a folder of yours.',
    )
  }
}

function isNewEnough(version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number)
  return major > minimum[0] || (major === minimum[0] && minor >= minimum[1])
}

async function ensureNode() {
  if (isNewEnough(process.version)) return undefined
  const install = `Install Node 24 from https://nodejs.org (or with nvm, fnm, volta, mise), then run the command again.`
  const platform = `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  const needs = `Latchkey needs Node ${minimum.join('.')} or newer; this is ${process.version}`
  const bundledNode = bundledNodes[platform]
  if (bundledNode === undefined || isMusl()) throw new Advice(`${needs} on ${platform}.`, install)
  const prefix = join(cacheFolder, 'node')
  const name = `node-${platform}`
  const executable = join(prefix, 'node_modules', name, 'bin', platform.startsWith('win') ? 'node.exe' : 'node')
  if (!(await answersAs(executable, bundledNode))) {
    await withProgress(`${needs}: fetching Node ${bundledNode} into node_modules/.cache (once)`, async () => {
      makeFolder(prefix)
      writeFileSync(join(prefix, 'package.json'), '{ "private": true }\n')
      await runNpm(['install', '--prefix', prefix, '--no-save', '--no-package-lock', `${name}@${bundledNode}`], prefix)
    })
    if (!(await answersAs(executable, bundledNode)))
      throw new Advice(`${name}@${bundledNode} does not run here.`, install)
  }
  return become(executable, process.argv.slice(1))
}

function isMusl() {
  return process.platform === 'linux' && process.report?.getReport().header.glibcVersionRuntime === undefined
}

async function answersAs(executable, version) {
  if (!existsSync(executable)) return false
  const { code, output } = await capture(executable, ['--version'])
  return code === 0 && output.trim() === `v${version}`
}

async function ensureDependencies() {
  const stampFile = join(cacheFolder, 'installed')
  const wanted = lockStamp()
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted) return
  const first = !existsSync(join(root, 'node_modules', '.package-lock.json'))
  await withProgress(
    first ? 'Installing dependencies (the first time: a minute or two)' : 'Updating dependencies',
    () => runNpm(['install'], root),
  )
  makeFolder(cacheFolder)
  writeFileSync(stampFile, lockStamp())
}

function lockStamp() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
}

async function runNpm(args, cwd) {
  const retries = ['--fetch-retries=2', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000']
  const { code, output } = await npm([...args, '--no-audit', '--no-fund', ...retries], { cwd })
  if (code !== 0) throw adviseAfterNpm(code, output)
}

function adviseAfterNpm(code, output) {
  const tail = toldByNpm(output)
  if (
    /ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT/.test(output)
  ) {
    return new Advice(
      'npm could not reach its registry.',
      `Check the network, the proxy (npm config get proxy) and the registry (npm config get registry), then run the\ncommand again; what is already there is kept.\n\n${tail}`,
    )
  }
  if (/ENOSPC/.test(output)) return new Advice('The disk is full.', tail)
  if (/EACCES|EPERM|EROFS/.test(output)) {
    return new Advice(
      'npm may not write here.',
      `Check who owns this folder and npm's cache (npm config get cache).\n\n${tail}`,
    )
  }
  if (code === 127) return new Advice('npm was not found.', 'It comes with Node: https://nodejs.org')
  return new Advice(`npm install failed (exit ${code}).`, tail)
}

/** What npm says went wrong, without its stack, the dump of its error and its warnings, which stand further in. */
function toldByNpm(output) {
  const lines = output.trim().split('\n')
  const errors = lines.filter((line) => /^npm (error|ERR!) \S/.test(line) && !/^npm (error|ERR!) [{}]/.test(line))
  return (errors.length > 0 ? errors : lines).slice(-15).join('\n')
}

function makeFolder(path) {
  try {
    mkdirSync(path, { recursive: true })
  } catch (error) {
    throw new Advice(
      `Cannot write to ${path} (${error.code}).`,
      'Check who owns the folder node_modules and whether the disk is full.',
    )
  }
}

export function printedHelp(text) {
  if (!process.argv.slice(2).some((argument) => argument === '--help' || argument === '-h')) return false
  say(text.trim())
  return true
}
