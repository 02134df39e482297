// Builds the packages whose sources changed, each into a folder beside its dist that replaces it only when the compiler
// was content: a failed build leaves the last good one. Plain JavaScript, no dependencies.
import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { joinModules } from './join-modules.mjs'
import { Advice, cacheFolder, capture, root, say, tool, withProgress } from './process.mjs'

/** In this order; a part is built again when one that it is built `after` changed, and not at all when that one failed. */
const parts = [
  { name: 'latchkey', run: compile, after: [], joins: true },
  { name: 'browser', run: compile, after: [] },
  { name: 'server', run: compile, after: ['latchkey'], keeps: ['pages'] },
  { name: 'pages', run: bundle, after: ['browser'], output: 'packages/server/dist/pages', needs: ['index.html'] },
]

export async function build() {
  const everywhere = hashOf(['package-lock.json', 'tsconfig.base.json', 'types', 'scripts/join-modules.mjs'])
  const hashes = new Map()
  const failures = []
  for (const part of parts) {
    const folder = `packages/${part.name}`
    const missing = (part.needs ?? []).find((path) => !existsSync(join(root, folder, path)))
    if (missing !== undefined || filesBelow(join(root, folder, 'src')).length === 0) {
      say(`▸ ${folder} has no ${missing ?? 'sources'} yet: not built`)
      continue
    }
    const broken = part.after.find((name) => failures.some((failure) => failure.name === name))
    if (broken !== undefined) {
      say(`▸ ${folder} is not built, because packages/${broken} does not build`)
      continue
    }
    const inputs = [everywhere, ...part.after.map((name) => hashes.get(name)), hashOf([folder])]
    const hash = createHash('sha256').update(inputs.join()).digest('hex')
    hashes.set(part.name, hash)
    const output = join(root, part.output ?? `${folder}/dist`)
    const stamp = join(cacheFolder, `built-${part.name}`)
    if (existsSync(output) && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) continue
    try {
      await withProgress(`Building ${folder}`, () =>
        part.run({ folder: join(root, folder), output, keeps: part.keeps ?? [], joins: part.joins }),
      )
      mkdirSync(cacheFolder, { recursive: true })
      writeFileSync(stamp, hash)
    } catch (error) {
      if (!(error instanceof Advice)) throw error
      failures.push({ name: part.name, message: error.message })
    }
  }
  if (failures.length > 0) throw new Advice(failures.map(({ message }) => message).join('\n'))
}

async function compile({ folder, output, keeps, joins }) {
  const next = `${output}.next`
  rmSync(next, { recursive: true, force: true })
  await runBuilder(folder, [tool('typescript', 'bin/tsc'), '-p', join(folder, 'tsconfig.build.json'), '--outDir', next])
  if (joins) await joined(folder, next)
  const source = join(folder, 'src')
  for (const file of filesBelow(source)) {
    // Migrations and other data that the compiler does not copy.
    if (/\.(tsx?|md)$/.test(file)) continue
    const target = join(next, relative(source, file))
    mkdirSync(dirname(target), { recursive: true })
    copyFileSync(file, target)
  }
  const executable = join(next, 'bin.js')
  if (existsSync(executable)) chmodSync(executable, 0o755)
  for (const kept of keeps) {
    if (existsSync(join(output, kept))) renameSync(join(output, kept), join(next, kept))
  }
  rmSync(output, { recursive: true, force: true })
  renameSync(next, output)
}

async function joined(folder, modules) {
  try {
    await joinModules({ folder, modules })
  } catch (error) {
    rmSync(modules, { recursive: true, force: true })
    throw new Advice(`The modules of ${relative(root, folder)} cannot be joined.`, error.message)
  }
}

async function bundle({ folder, output }) {
  await runBuilder(folder, [
    tool('vite', 'bin/vite.js'),
    'build',
    '--outDir',
    output,
    '--emptyOutDir',
    '--logLevel',
    'warn',
  ])
}

async function runBuilder(folder, args) {
  const { code, output } = await capture(process.execPath, args, { cwd: folder })
  if (code === 0) return
  rmSync(join(folder, 'dist.next'), { recursive: true, force: true })
  throw new Advice(`${relative(root, folder)} does not build.`, output.trim())
}

function hashOf(paths) {
  const hash = createHash('sha256')
  for (const path of paths) {
    for (const file of filesBelow(join(root, path))) {
      hash.update(relative(root, file)).update('\0').update(readFileSync(file)).update('\0')
    }
  }
  return hash.digest('hex')
}

/** Every file that the build may read, sorted; tests and outputs are none. */
function filesBelow(path) {
  if (!existsSync(path)) return []
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      if (/^(node_modules|dist|dist\.next|data|\.vite)$/.test(entry.name) || /\.test\.tsx?$/.test(entry.name)) return []
      return filesBelow(join(path, entry.name))
    })
}
