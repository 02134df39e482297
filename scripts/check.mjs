// `npm run check`: is the tree sound? Independent steps run two at a time, each is printed with its time, and a step whose
// subject does not exist yet is skipped by name.
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { prepare, printedHelp } from './bootstrap.mjs'
import { build } from './build.mjs'
import { runNodeTests } from './node-tests.mjs'
import { capture, main, npm, root, say, seconds, tool } from './process.mjs'

const help = `
npm run check [-- step …]

Format, lint with the boundary rules, planted violations, types, generated documents, packages, unused code.
With names of steps, only those run; "npm run check -- --list" lists them.
`

const published = ['latchkey', 'browser', 'server']
const parallel = 2

await main(async () => {
  if (printedHelp(help)) return 0
  const exitCode = await prepare({ withBuild: false })
  if (exitCode !== undefined) return exitCode
  const chosen = process.argv.slice(2)
  const tarballs = mkdtempSync(join(tmpdir(), 'latchkey-check-'))
  try {
    const all = steps(tarballs)
    if (chosen.includes('--list')) {
      say(all.map(({ name }) => name).join('\n'))
      return 0
    }
    const unknown = chosen.filter((name) => !all.some((step) => step.name === name || step.name.startsWith(`${name}:`)))
    if (unknown.length > 0) throw new Error(`no such step: ${unknown.join(', ')}`)
    return await run(
      chosen.length === 0
        ? all
        : all.filter(({ name }) => chosen.some((one) => name === one || name.startsWith(`${one}:`))),
    )
  } finally {
    rmSync(tarballs, { recursive: true, force: true })
  }
})

function steps(tarballs) {
  const node = (...args) => capture(process.execPath, args)
  return [
    // First, alone: types, packages and documents look at what is built.
    { name: 'build', run: runBuild, first: true },
    { name: 'format', run: () => node(tool('oxfmt', 'bin/oxfmt'), '--check') },
    { name: 'lint', run: () => node(tool('oxlint', 'bin/oxlint')) },
    { name: 'planted', run: () => runNodeTests(['lint/planted.test.mjs']) },
    ...[...published, 'pages'].map((name) => ({
      name: `types:${name}`,
      skip: () => (hasSources(`packages/${name}/src`) ? undefined : 'no sources yet'),
      run: () => node(tool('typescript', 'bin/tsc'), '-p', `packages/${name}`),
    })),
    { name: 'types:test', run: () => node(tool('typescript', 'bin/tsc'), '-p', 'test') },
    {
      name: 'types:bench',
      skip: () => (existsSync(join(root, 'bench/node_modules')) ? undefined : 'the peers come with npm run bench'),
      run: () => node(tool('typescript', 'bin/tsc'), '-p', 'bench'),
    },
    {
      name: 'docs',
      skip: () => (existsSync(join(root, 'scripts/docs.mjs')) ? undefined : 'scripts/docs.mjs does not exist yet'),
      run: () => node('scripts/docs.mjs', '--check'),
    },
    ...published.map((name) => ({
      name: `package:${name}`,
      skip: () => missingBuild(name),
      run: () => checkPackage(name, tarballs),
    })),
    // Everything is unused until a public entry reaches it.
    {
      name: 'unused',
      skip: () => missingBuild('latchkey') ?? missingBuild('server'),
      run: () => node(tool('knip', 'bin/knip.js'), '--no-progress'),
    },
  ]
}

async function runBuild() {
  try {
    await build()
    return { code: 0, output: '' }
  } catch (error) {
    return { code: 1, output: error.message }
  }
}

function hasSources(folder) {
  return existsSync(join(root, folder)) && readdirSync(join(root, folder)).length > 0
}

/** What `exports` promises has to be built; until the entry's source exists there is nothing to pack. */
function missingBuild(name) {
  const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'))
  const missing = Object.values(manifest.exports)
    .map((target) => (typeof target === 'string' ? target : target.default))
    .map((target) => target.replace(/^\.\/dist\//, './src/').replace(/\.js$/, '.ts'))
    .find((target) => target.startsWith('./src/') && !existsSync(join(root, 'packages', name, target)))
  return missing === undefined ? undefined : `packages/${name}/${missing.slice(2)} does not exist yet`
}

/** As npm would publish it: what is packed, its exports, and its declarations as a consumer resolves them. */
async function checkPackage(name, tarballs) {
  const packed = await npm(['pack', '--silent', '--pack-destination', tarballs], { cwd: join(root, 'packages', name) })
  if (packed.code !== 0) return packed
  const tarball = join(tarballs, packed.output.trim().split('\n').at(-1))
  const publint = await capture(process.execPath, [tool('publint', 'src/cli.js'), 'run', tarball, '--strict'])
  if (publint.code !== 0) return publint
  return capture(process.execPath, [
    tool('@arethetypeswrong/cli', 'dist/index.js'),
    tarball,
    '--profile',
    'esm-only',
    '--no-color',
    '--no-emoji',
  ])
}

async function run(chosen) {
  const startedAt = Date.now()
  const results = []
  const waiting = [...chosen]
  const finish = async (step) => {
    const reason = step.skip?.()
    if (reason !== undefined) {
      results.push({ name: step.name, skipped: 1 })
      return say(`– ${step.name} skipped: ${reason}`)
    }
    const stepStartedAt = Date.now()
    const { code, output, passed, failed } = await step.run()
    const ok = code === 0
    results.push({ name: step.name, passed: passed ?? (ok ? 1 : 0), failed: failed ?? (ok ? 0 : 1), ok })
    say(`${ok ? '✓' : '✗'} ${step.name} ${seconds(stepStartedAt)}`)
    if (!ok) say(output.trimEnd().replaceAll(/^/gm, '    '))
  }
  while (waiting[0]?.first) await finish(waiting.shift())
  const lane = async () => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) await finish(step)
  }
  await Promise.all(Array.from({ length: parallel }, lane))
  const broken = results.filter(({ ok }) => ok === false).map(({ name }) => name)
  const sum = (key) => results.reduce((total, result) => total + (result[key] ?? 0), 0)
  if (process.env.LATCHKEY_CHECK_RESULT) {
    const report = { passed: sum('passed'), failed: Math.max(sum('failed'), broken.length), skipped: sum('skipped') }
    writeFileSync(process.env.LATCHKEY_CHECK_RESULT, JSON.stringify(report))
  }
  say(
    broken.length === 0
      ? `check passed in ${seconds(startedAt)}`
      : `check failed in ${seconds(startedAt)}: ${broken.join(', ')}`,
  )
  return broken.length === 0 ? 0 : 1
}
