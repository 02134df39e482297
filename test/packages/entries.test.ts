import { execFile } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { join, posix } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const folder = join(import.meta.dirname, '../../packages/latchkey')
const modules = join(folder, 'dist')
const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { exports: object }
const entries = Object.keys(exports)
  .filter((path) => path !== './package.json')
  .map((path) => posix.join('latchkey', path))

/** What each built file imports of the others before its own text runs. */
function imports(): ReadonlyMap<string, readonly string[]> {
  const files = readdirSync(modules, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.js'))
  return new Map(
    files.map((file) => {
      const found = readFileSync(join(modules, file), 'utf8').matchAll(
        /^(?:import|export)\b[^;]*?"(\.{1,2}\/[^"]+)";$/gm,
      )
      return [file, [...found].map(([, target = '']) => posix.join(posix.dirname(file), target))]
    }),
  )
}

function circleIn(graph: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>()
  const follow = (file: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return undefined
    for (const next of graph.get(file) ?? []) {
      const circle = follow(next, [...path, file])
      if (circle !== undefined) return circle
    }
    done.add(file)
    return undefined
  }
  for (const file of graph.keys()) {
    const circle = follow(file, [])
    if (circle !== undefined) return circle
  }
  return undefined
}

describe('the joined modules of the library', () => {
  it('can be loaded through each public entry alone, in a process of its own', async () => {
    const run = promisify(execFile)
    const failures: string[] = []
    for (const entry of entries) {
      const script = `const names = Object.keys(await import('${entry}')); if (names.length === 0) throw new Error('nothing')`
      await run(process.execPath, ['--input-type=module', '-e', script], { cwd: folder }).catch((error: unknown) =>
        failures.push(`${entry}: ${String(error)}`),
      )
    }
    expect(failures).toEqual([])
  })

  it('import each other in no circle, so that nothing is used before it exists', () => {
    const graph = imports()
    expect(graph.get('index.js')).toContain('chunks/create-auth.js')
    expect([...graph.values()].flat().filter((file) => !graph.has(file))).toEqual([])
    expect(circleIn(graph)).toBeUndefined()
  })
})
