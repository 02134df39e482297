// `npm run bench`: prepares what is missing and measures. Plain JavaScript, so that an old Node can fetch a new one.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { prepare, printedHelp } from '../scripts/bootstrap.mjs'
import { Advice, main, npm, root, withProgress } from '../scripts/process.mjs'

const help = `
npm run bench [-- option …]

Measures Latchkey beside its peers and beside what the machine can do: every contestant in a process of its own, rounds
interleaved, medians with their spread. Writes bench/results/<date>.json and docs/performance.md.

  --only NAME   one benchmark; may be given several times
  --quick       short rounds, under a minute and a half: to see that it runs, not to judge by. Leaves docs/ alone
  --list        the benchmarks
  --page        writes docs/performance.md again from the newest results
  --no-build    measures what is built already
  --help

PostgreSQL, MariaDB and Redis are used where they answer: LATCHKEY_TEST_POSTGRES_URL, LATCHKEY_TEST_MYSQL_URL,
LATCHKEY_TEST_REDIS_URL or the standard ports on 127.0.0.1. Every contestant has a database of its own, dropped afterwards.
The peers are installed into bench/node_modules the first time.
`

const folder = join(root, 'bench')

await main(async () => {
  if (printedHelp(help)) return 0
  const args = process.argv.slice(2)
  const exitCode = await prepare({ withBuild: !args.includes('--no-build') && !args.includes('--list') })
  if (exitCode !== undefined) return exitCode
  const { bench, parse } = await import('./main.ts')
  const options = parse(args)
  if (options === undefined) return 2
  // The smoke benchmark, the list and the page need none of the peers.
  if (options.needsPeers) await installPeers()
  return bench(options)
})

async function installPeers() {
  const stamp = join(folder, 'node_modules', '.latchkey-installed')
  const wanted = createHash('sha256')
    .update(readFileSync(join(folder, 'package.json')))
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  await withProgress('Installing the peers into bench/node_modules', async () => {
    const { code, output } = await npm(['install', '--no-audit', '--no-fund'], { cwd: folder })
    if (code !== 0)
      throw new Advice('The peers could not be installed.', output.trim().split('\n').slice(-15).join('\n'))
  })
  writeFileSync(stamp, wanted)
}
