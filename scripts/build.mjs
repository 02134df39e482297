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
import { Advice, cacheFolder, capture, root, say, tool, withProgress } from './process.mjs'

/** In this order: a part sees the output of the parts before it. */
const parts = [
  { name: 'latchkey', run: compile },
  { name: 'browser', run: compile },
  { name: 'server', run: compile, keeps: ['pages'] },
  { name: 'pages', run: bundle, output: 'packages/server/dist/pages', needs: ['index.html'] },
]

export async function build() {
  const inherited = [hashOf(['package-lock.json', 'tsconfig.base.json', 'types'])]
  for (const part of parts) {
    const folder = `packages/${part.name}`
    const missing = (part.needs ?? []).find((path) => !existsSync(join(root, folder, path)))
    if (missing !== undefined || filesBelow(join(root, folder, 'src')).length === 0) {
      say(`▸ ${folder} has no ${missing ?? 'sources'} yet: not built`)
      continue
    }
    const hash = createHash('sha256')
      .update(inherited.join())
      .update(hashOf([folder]))
      .digest('hex')
    inherited.push(hash)
    const output = join(root, part.output ?? `${folder}/dist`)
    const stamp = join(cacheFolder, `built-${part.name}`)
    if (existsSync(output) && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) continue
    await withProgress(`Building ${folder}`, () =>
      part.run({ folder: join(root, folder), output, keeps: part.keeps ?? [] }),
    )
    mkdirSync(cacheFolder, { recursive: true })
    writeFileSync(stamp, hash)
  }
}

async function compile({ folder, output, keeps }) {
  const next = `${output}.next`
  rmSync(next, { recursive: true, force: true })
  await runBuilder(folder, [tool('typescript', 'bin/tsc'), '-p', join(folder, 'tsconfig.build.json'), '--outDir', next])
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
