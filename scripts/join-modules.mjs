// Joins the modules that the compiler wrote: one file for each public entry, and in chunks/ what entries share or load later.
// Names, documentation comments and the order of evaluation stay; `// session/check-session.js` says which module the text below it
// was (docs/decisions/0018-modules-are-joined.md).
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path'
import { domainFolders } from '../lint/policy.mjs'

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
    // A name means the same in every version, should files be replaced below a process that loads some of them later.
    minifyInternalExports: false,
    codeSplitting: { groups: [{ debugName: 'domain', name: foundationOf(modules) }] },
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

/**
 * The part of the domain that `latchkey` itself always loads, as one chunk instead of one for each set of entries that share something:
 * fewer files to find. Only the lowest layers, because they never import upwards (lint/policy.mjs), so that no chunk waits for itself.
 */
function foundationOf(modules) {
  const folders = new Set(['platform', 'core', ...domainFolders])
  let always
  return (id, graph) => {
    always ??= loadedWith(join(modules, 'index.js'), graph)
    return always.has(id) && folders.has(relative(modules, id).split(sep)[0]) ? 'domain' : null
  }
}

function loadedWith(entry, graph, found = new Set()) {
  if (found.has(entry)) return found
  found.add(entry)
  for (const id of graph.getModuleInfo(entry)?.importedIds ?? []) loadedWith(id, graph, found)
  return found
}
