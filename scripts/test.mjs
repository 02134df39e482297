// `npm test`: prepares everything, runs the groups of tests and says what ran on what.
import { mkdtempSync, readFileSync, existsSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { prepare, printedHelp } from './bootstrap.mjs'
import { build } from './build.mjs'
import { Advice, main, root, run, say, seconds, tool } from './process.mjs'
import { findServices, requiredServices } from './services.mjs'

const groups = {
  check: 'format, lint with the boundary rules, types, packages, generated documents (npm run check)',
  unit: 'decisions, and everything that no other group takes',
  contracts: 'the storage contract on every database that is reachable',
  http: 'the HTTP suite through the handler and the adapters',
  processes: 'the executable: several processes, kills, faults',
  packages: 'the packed packages in an empty project',
  e2e: 'the pages in a real browser',
}

const help = `
npm test [-- group …] [-- --full]

Installs what is missing, builds what changed and runs the tests. Without a group, all of them:

${Object.entries(groups)
  .map(([name, what]) => `  ${name.padEnd(11)}${what}`)
  .join('\n')}

Databases are used where they answer: LATCHKEY_TEST_POSTGRES_URL, LATCHKEY_TEST_MYSQL_URL, LATCHKEY_TEST_REDIS_URL or the
standard ports on 127.0.0.1; the browser is LATCHKEY_TEST_CHROMIUM or the installed one. What does not answer is skipped by
name, unless LATCHKEY_TEST_REQUIRE=postgres,mysql,redis,chromium names it. Races repeat LATCHKEY_TEST_ROUNDS times, 3; npm run
test:full sets 20.
`

/** How a test says which database it runs on: in its name, in the name of a group around it, or in its file's name. */
const databases = [
  { name: 'memory', pattern: /\bmemory\b/i },
  { name: 'sqlite', pattern: /sqlite/i },
  { name: 'postgres', pattern: /postgres/i },
  { name: 'mysql', pattern: /mysql|mariadb/i },
  { name: 'redis', pattern: /redis/i },
]

await main(async () => {
  if (printedHelp(help)) return 0
  const chosen = chosenGroups()
  const exitCode = await prepare({ withBuild: false })
  if (exitCode !== undefined) return exitCode
  const services = await findServices()
  if (!announce(services)) return 1
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-test-'))
  const results = await buildFirst()
  try {
    for (const name of chosen) results.push(await runGroup(name, folder, services))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return summarise(results, services)
})

function chosenGroups() {
  const given = process.argv.slice(2).filter((argument) => argument !== '--full')
  if (process.argv.includes('--full')) process.env.LATCHKEY_TEST_ROUNDS = '20'
  process.env.LATCHKEY_TEST_ROUNDS ??= '3'
  const unknown = given.filter((name) => !Object.hasOwn(groups, name))
  if (unknown.length > 0) {
    throw new Advice(`There is no group "${unknown.join(', ')}".`, `Groups: ${Object.keys(groups).join(', ')}`)
  }
  return given.length === 0 ? Object.keys(groups) : given
}

function announce(services) {
  say('▸ Reachable')
  for (const { name, version, problem } of services) {
    say(version === undefined ? `  – ${name}: not reachable (${problem})` : `  ✓ ${name}: ${version}`)
  }
  const missing = requiredServices().filter(
    (name) => !services.some((one) => one.name === name && one.version !== undefined),
  )
  if (missing.length === 0) return true
  say(`✗ LATCHKEY_TEST_REQUIRE names what is not reachable: ${missing.join(', ')}. Start it, or do not require it.`)
  say(`\n${counts(0, missing.length, 0)}`)
  return false
}

/** What runs from the sources can be tested even when the build is broken; the break counts as a failure. */
async function buildFirst() {
  try {
    await build()
    return []
  } catch (error) {
    if (!(error instanceof Advice)) throw error
    say(`✗ ${error.message}`)
    return [{ name: 'build', time: '', passed: 0, failed: 1, skipped: 0, tests: [] }]
  }
}

async function runGroup(name, folder, services) {
  say(`\n▸ ${name}: ${groups[name]}`)
  const startedAt = Date.now()
  const report = join(folder, `${name}.json`)
  const environment = Object.assign({}, ...services.map((service) => service.environment ?? {}))
  const result = name === 'check' ? await runCheck(report) : await runVitest(name, report, environment)
  return { name, time: seconds(startedAt), ...result }
}

async function runCheck(report) {
  const code = await run(process.execPath, ['scripts/check.mjs'], { env: { LATCHKEY_CHECK_RESULT: report } })
  const { passed, failed, skipped } = readReport(report) ?? { passed: 0, failed: 1, skipped: 0 }
  return { passed, failed: code !== 0 && failed === 0 ? 1 : failed, skipped, tests: [] }
}

async function runVitest(name, report, environment) {
  const code = await run(
    process.execPath,
    [
      tool('vitest', 'vitest.mjs'),
      'run',
      '--project',
      name,
      '--passWithNoTests',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ],
    { env: environment },
  )
  const json = readReport(report)
  if (json === undefined) {
    // vitest writes no report when a group has no file.
    return { passed: 0, failed: code === 0 ? 0 : 1, skipped: 0, tests: [] }
  }
  const tests = json.testResults.flatMap((file) => {
    const where = relative(root, file.name)
    // A file that does not even load has no tests; it still failed.
    if (file.assertionResults.length === 0 && file.status === 'failed')
      return [{ where, title: where, status: 'failed' }]
    return file.assertionResults.map((test) => ({
      where,
      title: [...test.ancestorTitles, test.title].join(' › '),
      status: test.status === 'passed' || test.status === 'failed' ? test.status : 'skipped',
    }))
  })
  const count = (status) => tests.filter((test) => test.status === status).length
  const failed = count('failed')
  // An unhandled error outside a test fails the run without failing a test.
  return { passed: count('passed'), failed: code !== 0 && failed === 0 ? 1 : failed, skipped: count('skipped'), tests }
}

function readReport(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
}

function summarise(results, services) {
  const tests = results.flatMap((result) => result.tests)
  say('\nSummary')
  for (const { name, time, passed, failed, skipped } of results) {
    say(
      `  ${failed > 0 ? '✗' : passed > 0 ? '✓' : '–'} ${name.padEnd(10)} ${time.padStart(8)}  ${counts(passed, failed, skipped)}`,
    )
  }
  sayDatabases(tests, services)
  sayTitles('Failed', tests, 'failed')
  sayTitles('Skipped', tests, 'skipped')
  const problems = unusedRequirements(results, services)
  for (const problem of problems) say(`  ✗ ${problem}`)
  const total = (key) => results.reduce((sum, result) => sum + result[key], 0)
  const failed = total('failed') + problems.length
  say(`\n${counts(total('passed'), failed, total('skipped'))}`)
  return failed === 0 ? 0 : 1
}

function counts(passed, failed, skipped) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}

function sayDatabases(tests, services) {
  for (const { name, pattern } of databases) {
    const on = testsOn(pattern, tests)
    if (on.length === 0) continue
    const count = (status) => on.filter((test) => test.status === status).length
    const version = services.find((service) => service.name === name)?.version
    const where = version === undefined && name !== 'memory' ? `${name} (not reachable)` : (version ?? name)
    say(`  on ${where}: ${counts(count('passed'), count('failed'), count('skipped'))}`)
  }
}

function testsOn(pattern, tests) {
  return tests.filter(({ where, title }) => pattern.test(title) || pattern.test(where.split('/').at(-1)))
}

function sayTitles(heading, tests, status) {
  const titles = tests.filter((test) => test.status === status)
  if (titles.length > 0) say(`  ${heading}:`)
  for (const { where, title } of titles.slice(0, 40)) say(`    ${where} › ${title}`)
  if (titles.length > 40) say(`    … and ${titles.length - 40} more`)
}

/** A required database on which no test passed was not tested, whatever the reason: that must not look like success. */
function unusedRequirements(results, services) {
  const contracts = results.find(({ name }) => name === 'contracts')
  if (contracts === undefined || contracts.tests.length === 0) return []
  return requiredServices()
    .map((required) => databases.find(({ name }) => name === required))
    .filter((database) => database !== undefined && database.name !== 'redis')
    .filter(({ pattern }) => !testsOn(pattern, contracts.tests).some(({ status }) => status === 'passed'))
    .map(
      ({ name }) =>
        `${services.find((one) => one.name === name)?.version ?? name} is required, but no contract test ran on it`,
    )
}
