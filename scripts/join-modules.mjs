// Joins the modules that the compiler wrote: one file for each public entry, and in chunks/ what entries share or load later.
// Names, documentation comments and the order of evaluation stay; `// session/check-session.js` says which module the text below it
// was (docs/decisions/0018-modules-are-joined.md).
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, isAbsolute, join } from 'node:path'

/** The declarations beside the modules stay as the compiler wrote them. */
export async function joinModules({ folder, modules }) {
  const { rolldown } = await import('rolldown')
  const warnings = []
  const bundle = await rolldown({
    cwd: modules,
    input: Object.fromEntries(entriesOf(folder).map((path) => [basename(path, '.js'), join(modules, path)])),
    platform: 'node',
    // Dependencies and drivers are the application's to install.
    external: (id) => !id.startsWith('.') && !id.startsWith('\0') && !isAbsolute(id),
    onLog(level, { message }) {
      if (level === 'warn') warnings.push(message)
    },
  })
  const { output } = await bundle.generate({
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name].js',
  })
  await bundle.close()
  if (warnings.length > 0) throw new Error(warnings.join('\n'))
  for (const path of readdirSync(modules, { recursive: true })) {
    if (path.endsWith('.js')) rmSync(join(modules, path))
  }
  for (const { fileName, code } of output) {
    mkdirSync(dirname(join(modules, fileName)), { recursive: true })
    writeFileSync(join(modules, fileName), code)
  }
}

/** What package.json names, below dist. */
function entriesOf(folder) {
  const { exports, bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const targets = [...Object.values(exports).map((target) => target.default ?? target), ...Object.values(bin)]
  return targets.filter((path) => path.startsWith('./dist/')).map((path) => path.slice('./dist/'.length))
}
