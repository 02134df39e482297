import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { rolldown, type OutputChunk } from 'rolldown'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
const entry = join(root, 'entry.mjs')
// What an application installs beside: drivers and native bindings.
const external = [/^node:/, /^@node-rs\//, 'better-sqlite3', 'pg', 'mysql2', 'nodemailer', 'redis']

interface Bundle {
  /** Minified and gzipped: what is loaded before the first request. */
  readonly startKb: number
  /** The same of what is loaded when it is first needed. */
  readonly laterKb: number
  /** Modules of `src` that are in it, before or later. */
  readonly modules: readonly string[]
}

const common = [
  `export { createAuth } from 'latchkey'`,
  `export { password } from 'latchkey/password'`,
  `export { emailCode } from 'latchkey/email-code'`,
]

/** An application as its own bundler would ship it. */
async function bundle(lines: readonly string[]): Promise<Bundle> {
  const build = await rolldown({
    cwd: root,
    input: entry,
    platform: 'node',
    external,
    plugins: [
      {
        name: 'application',
        resolveId: (id) => (id === entry ? id : undefined),
        load: (id) => (id === entry ? lines.join('\n') : undefined),
      },
    ],
  })
  const { output } = await build.generate({ format: 'esm', minify: true, comments: false })
  await build.close()
  const chunks = output.filter((file) => file.type === 'chunk')
  const start = new Set<string>()
  const load = (fileName: string): void => {
    const chunk = chunks.find((one) => one.fileName === fileName)
    if (chunk === undefined || start.has(fileName)) return
    start.add(fileName)
    for (const next of chunk.imports) load(next)
  }
  for (const chunk of chunks) if (chunk.isEntry) load(chunk.fileName)
  return {
    startKb: kb(chunks.filter(({ fileName }) => start.has(fileName))),
    laterKb: kb(chunks.filter(({ fileName }) => !start.has(fileName))),
    modules: chunks.flatMap((chunk) => sourcesOf(chunk)),
  }
}

function kb(chunks: readonly OutputChunk[]): number {
  return chunks.reduce((sum, { code }) => sum + gzipSync(code, { level: 9 }).length, 0) / 1_000
}

/** The built files say which module of `src` each part of them was. */
function sourcesOf({ modules }: OutputChunk): readonly string[] {
  return Object.entries(modules)
    .filter(([id, { renderedLength }]) => renderedLength > 0 && id.includes('/latchkey/dist/'))
    .flatMap(([id]) => [...readFileSync(id, 'utf8').matchAll(/^\/\/ (\S+)\.js$/gm)].map(([, path = '']) => path))
}

function methodsIn(modules: readonly string[]): readonly string[] {
  const folders = modules.map((path) => /^methods\/([^/]+)\//.exec(path)?.[1])
  return [...new Set(folders.filter((folder) => folder !== undefined))].toSorted()
}

// A few percent above what was measured when they were set. Whoever needs more says in the commit what it buys.
const budgets = [
  { storage: 'sqlite', line: `export { createSqliteStorage } from 'latchkey/sqlite'`, startKb: 79.5 },
  { storage: 'postgres', line: `export { createPostgresStorage } from 'latchkey/postgres'`, startKb: 82 },
  { storage: 'mysql', line: `export { createMysqlStorage } from 'latchkey/mysql'`, startKb: 81 },
] as const
const laterKb = 41

describe('an application with passwords, e-mailed codes and one database, bundled, minified and gzipped', () => {
  it.each(budgets)(
    'loads no more than $startKb kB with $storage before its first request',
    async ({ line, startKb }) => {
      const size = await bundle([...common, line])
      expect(size.startKb).toBeLessThanOrEqual(startKb)
      expect(size.startKb).toBeGreaterThan(startKb * 0.9)
      expect(size.laterKb).toBeLessThanOrEqual(laterKb)
    },
  )

  it('has the methods that it imports, no other, and the storage that it imports, no other', async () => {
    const { modules } = await bundle([...common, budgets[0].line])
    expect(methodsIn(modules)).toEqual(['email-code', 'password'])
    const storages = modules.filter((path) => /^storage\/(memory|(sql|migrations)\/(postgres|mysql))\//.test(path))
    expect(storages).toEqual([])
    expect(modules.filter((path) => /^(cli|testing|storage\/contract)\//.test(path))).toEqual([])
  })

  it('would be seen to have one that it imports: the check can fail', async () => {
    const { modules } = await bundle([...common, `export { passkey } from 'latchkey/passkey'`])
    expect(methodsIn(modules)).toEqual(['email-code', 'passkey', 'password'])
  })
})
