import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { npm, root } from '../../scripts/process.mjs'
import type { Benchmark, Measurement, Run } from '../harness/benchmark.ts'
import { limit, notMeasured, number } from '../harness/verdict.ts'

const bundles = 'min + gzip'
const installs = 'npm install into an empty project'

// Drivers and native bindings are what the app installs beside; `pg`'s native half is never loaded.
const external = [
  'better-sqlite3',
  'pg',
  'mysql2',
  'mysql2/promise',
  '@node-rs/argon2',
  '@node-rs/bcrypt',
  'pg-native',
  'bun:sqlite',
  'node:sqlite',
]

const entries: Readonly<Record<string, string>> = {
  'Latchkey, server: password + e-mail code + SQL storages': `
    export { createAuth } from 'latchkey'
    export { password } from 'latchkey/password'
    export { emailCode } from 'latchkey/email-code'
    export { createSqliteStorage } from 'latchkey/sqlite'
    export { createPostgresStorage } from 'latchkey/postgres'
    export { createMysqlStorage } from 'latchkey/mysql'`,
  'Latchkey, server: the same with SQLite alone': `
    export { createAuth } from 'latchkey'
    export { password } from 'latchkey/password'
    export { emailCode } from 'latchkey/email-code'
    export { createSqliteStorage } from 'latchkey/sqlite'`,
  'Latchkey, client: @latchkey/browser': `export * from '@latchkey/browser'`,
  'better-auth, server: password + e-mail code': `
    export { betterAuth } from 'better-auth'
    export { emailOTP } from 'better-auth/plugins'`,
  'better-auth, client': `export { createAuthClient } from 'better-auth/client'`,
  'Auth.js, server: credentials': `
    export { Auth } from '@auth/core'
    export { default } from '@auth/core/providers/credentials'`,
}

/** What is shipped and installed. */
export const size: Benchmark = {
  name: 'size',
  title: 'Size',
  bars: ['B10'],
  async run(run) {
    const measurements: Measurement[] = []
    const sizes = new Map<string, number>()
    let strangers: readonly string[] = []
    const parts: string[] = []
    for (const [contestant, contents] of Object.entries(entries)) {
      const { kb, inputs, heaviest } = await bundle(contents)
      sizes.set(contestant, kb)
      measurements.push({ work: bundles, contestant, metrics: { kb: [kb] } })
      run.say(`  ${contestant}: ${number(kb)} kB`)
      // The browser package and the server with two methods: anything of a third method is a stranger.
      if (contestant.startsWith('Latchkey, server')) {
        const modules = inputs.flatMap(modulesIn)
        if (!modules.some((path) => path.startsWith('methods/'))) throw new Error('the built files name no modules')
        strangers = modules.filter(isStranger)
      }
      if (contestant.startsWith('Latchkey')) parts.push(`${contestant}, minified: ${heaviest.join(', ')}.`)
    }
    const [server = '', , client = ''] = Object.keys(entries)
    const installed = run.quick ? undefined : await installedSize(run)
    if (installed !== undefined)
      measurements.push({
        work: installs,
        contestant: 'Latchkey',
        metrics: { packages: [installed.packages], mb: [installed.mb] },
      })
    return {
      measurements,
      verdicts: [
        limit({ bar: 'B10', what: client, value: sizes.get(client) ?? Number.NaN, unit: 'kB', atMost: 5 }),
        limit({ bar: 'B10', what: server, value: sizes.get(server) ?? Number.NaN, unit: 'kB', atMost: 60 }),
        ...(installed === undefined
          ? [notMeasured('B10', 'npm install latchkey', 'a quick run installs nothing')]
          : [
              limit({
                bar: 'B10',
                what: 'npm install latchkey',
                value: installed.packages,
                unit: 'packages',
                atMost: 12,
              }),
              limit({ bar: 'B10', what: 'npm install latchkey', value: installed.mb, unit: 'MB', atMost: 8 }),
            ]),
        limit({
          bar: 'B10',
          what: 'files of methods that were not imported',
          value: strangers.length,
          unit: 'files',
          atMost: 0,
        }),
      ],
      notes: [
        'esbuild, minified, then gzip; drivers and native bindings left out.',
        ...parts,
        ...(strangers.length > 0 ? [`In the bundle without being imported: ${strangers.join(', ')}.`] : []),
      ],
    }
  },
}

/** Our built files are joined modules and say which ones: `// methods/totp/totp.js`. */
function modulesIn(input: string): readonly string[] {
  if (!input.includes('latchkey/dist/')) return []
  return [...readFileSync(join(root, 'bench', input), 'utf8').matchAll(/^\/\/ (\S+\.js)$/gm)].map(
    ([, path = '']) => path,
  )
}

function isStranger(path: string): boolean {
  const method = /^methods\/([a-z-]+)\/[^/]+$/.exec(path)?.[1]
  return method !== undefined && method !== 'password' && method !== 'email-code'
}

interface Bundle {
  readonly kb: number
  readonly inputs: readonly string[]
  /** The ten files that weigh most in it. */
  readonly heaviest: readonly string[]
}

async function bundle(contents: string): Promise<Bundle> {
  const { build } = await import('esbuild')
  const { outputFiles, metafile } = await build({
    absWorkingDir: join(root, 'bench'),
    stdin: { contents, resolveDir: join(root, 'bench'), sourcefile: 'entry.mjs' },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: contents.includes('@latchkey/browser') || contents.includes('/client') ? 'browser' : 'node',
    conditions: ['production'],
    external,
    write: false,
    metafile: true,
    logLevel: 'silent',
    legalComments: 'none',
    splitting: false,
    outdir: 'out',
  })
  const bytes = outputFiles.reduce((sum, file) => sum + gzipSync(file.contents, { level: 9 }).length, 0)
  const heaviest = Object.values(metafile.outputs)
    .flatMap((output) => Object.entries(output.inputs))
    .toSorted(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput)
    .slice(0, 10)
    .map(
      ([path, { bytesInOutput }]) =>
        `${path.replace(/^.*(node_modules|packages)\//, '')} ${number(bytesInOutput / 1_000)} kB`,
    )
  const inputs = Object.values(metafile.outputs)
    .flatMap((output) => Object.entries(output.inputs))
    .flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : []))
  return { kb: bytes / 1_000, inputs: [...new Set(inputs)], heaviest }
}

/** Packs ours as npm would publish it and installs it alone, without its optional peers. */
async function installedSize(run: Run): Promise<{ readonly packages: number; readonly mb: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'))
  try {
    run.say('  installing the packed package into an empty project')
    const packed = await npm(['pack', '--silent', '--pack-destination', folder], {
      cwd: join(root, 'packages/latchkey'),
    })
    const tarball = packed.output.trim().split('\n').at(-1) ?? ''
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
    const { code, output } = await npm(['install', `./${tarball}`, '--no-audit', '--no-fund'], { cwd: folder })
    if (code !== 0) throw new Error(output)
    const modules = join(folder, 'node_modules')
    return { packages: packagesIn(modules), mb: bytesIn(modules) / 1_000_000 }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function packagesIn(modules: string): number {
  return readdirSync(modules)
    .filter((name) => !name.startsWith('.'))
    .reduce((sum, name) => sum + (name.startsWith('@') ? readdirSync(join(modules, name)).length : 1), 0)
}

function bytesIn(folder: string): number {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
}
