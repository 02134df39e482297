import { createServer } from 'node:http'
import { betterAuth } from 'better-auth'
import { toNodeHandler } from 'better-auth/node'
import { emailOTP } from 'better-auth/plugins'
import Database from 'better-sqlite3'

const database = new Database(process.argv[2])
database.pragma('journal_mode = WAL')
const configuration = {
  database,
  baseURL: 'http://localhost:4000',
  secret: 'a secret for the benchmarks that is long enough',
  emailAndPassword: { enabled: true },
  telemetry: { enabled: false },
  logger: { disabled: true },
  plugins: [emailOTP({ sendVerificationOTP: async () => undefined })],
}
// Its migrations are a command of their own, so they are not part of the start.
if (process.argv[3] === 'migrate') {
  const { getMigrations } = await import('better-auth/db/migration')
  await (await getMigrations(configuration)).runMigrations()
}
const auth = betterAuth(configuration)
const handler = toNodeHandler(auth)
const server = createServer((message, response) => void handler(message, response))
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port, target: '/api/auth/get-session' }))
process.on('message', () => process.send({ rss: process.memoryUsage.rss() }))
