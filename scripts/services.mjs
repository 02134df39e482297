// Which databases, and which browser, the tests can use on this machine. Asked by really connecting, so that "reachable"
// never means "a port is open". Runs after the dependencies are installed.
import { existsSync } from 'node:fs'
import { createConnection } from 'node:net'
import { capture } from './process.mjs'

const timeoutMs = 3_000
const chromiumPaths = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/** Each service: where to look unless its variable says so, and how to ask for its version. */
const services = [
  {
    name: 'postgres',
    variable: 'LATCHKEY_TEST_POSTGRES_URL',
    places: ['postgres://root@127.0.0.1:5432/test', 'postgres://postgres@127.0.0.1:5432/postgres'],
    ask: askPostgres,
  },
  { name: 'mysql', variable: 'LATCHKEY_TEST_MYSQL_URL', places: ['mysql://root@127.0.0.1:3306'], ask: askMysql },
  { name: 'redis', variable: 'LATCHKEY_TEST_REDIS_URL', places: ['redis://127.0.0.1:6379'], ask: askRedis },
  { name: 'chromium', variable: 'LATCHKEY_TEST_CHROMIUM', places: chromiumPaths, ask: askChromium },
]

/**
 * `{ name, version, environment }` for each that answered, `{ name, problem }` for the others. `environment` is what a
 * test needs to find it.
 */
export async function findServices() {
  const sqlite = askSqlite().then(
    (version) => ({ name: 'sqlite', version, environment: {} }),
    (error) => ({ name: 'sqlite', problem: error.message }),
  )
  return Promise.all([sqlite, ...services.map(findService)])
}

async function findService({ name, variable, places, ask }) {
  const given = process.env[variable]
  let problem = ''
  for (const place of given ? [given] : places) {
    try {
      return { name, version: await ask(place), environment: { [variable]: place } }
    } catch (error) {
      // An AggregateError (localhost on two address families) has no text of its own.
      problem ||= error.message || error.code || String(error)
    }
  }
  return { name, problem: given ? `${variable}: ${problem}` : problem }
}

/** LATCHKEY_TEST_REQUIRE=postgres,mysql → the names of it. */
export function requiredServices() {
  return (process.env.LATCHKEY_TEST_REQUIRE ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean)
}

async function askSqlite() {
  const { default: Database } = await import('better-sqlite3')
  const database = new Database(':memory:')
  try {
    return `SQLite ${database.prepare('SELECT sqlite_version() AS version').get().version}`
  } finally {
    database.close()
  }
}

async function askPostgres(url) {
  const { default: pg } = await import('pg')
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: timeoutMs })
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rows } = await client.query('SHOW server_version')
    return `PostgreSQL ${rows[0].server_version.split(' ')[0]}`
  } finally {
    await client.end().catch(() => undefined)
  }
}

async function askMysql(url) {
  const { createConnection: connect } = await import('mysql2/promise')
  const connection = await connect({ uri: url, connectTimeout: timeoutMs })
  try {
    const [rows] = await connection.query('SELECT VERSION() AS version')
    const [number] = rows[0].version.split('-')
    return `${rows[0].version.includes('MariaDB') ? 'MariaDB' : 'MySQL'} ${number}`
  } finally {
    await connection.end()
  }
}

function askRedis(url) {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: hostname, port: Number(port || 6379), timeout: timeoutMs })
    let text = ''
    socket.on('connect', () => socket.write('INFO server\r\n'))
    socket.on('timeout', () => socket.destroy(new Error('no answer')))
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('not a Redis server')))
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk
      const version = /redis_version:(\S+)/.exec(text)
      if (version !== null) resolve(`Redis ${version[1]}`)
      // A server that wants a password is there all the same.
      else if (text.startsWith('-NOAUTH')) resolve('Redis')
      if (version !== null || text.startsWith('-')) socket.destroy()
    })
  })
}

async function askChromium(path) {
  if (!existsSync(path)) throw new Error('not installed')
  const { code, output } = await capture(path, ['--version'])
  const version = /(?:Chromium|Chrome) (\d+)/.exec(output)
  if (code !== 0 || version === null) throw new Error(`${path} --version: ${output.trim() || `exit ${code}`}`)
  return `Chromium ${version[1]}`
}
