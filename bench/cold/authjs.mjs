import { createServer } from 'node:http'
import { Auth } from '@auth/core'
import Credentials from '@auth/core/providers/credentials'
import Database from 'better-sqlite3'

const database = new Database(process.argv[2])
database.pragma('journal_mode = WAL')
const configuration = {
  basePath: '/auth',
  trustHost: true,
  secret: 'a secret for the benchmarks that is long enough',
  session: { strategy: 'jwt' },
  providers: [Credentials({ credentials: { email: {}, password: {} }, authorize: async () => null })],
}
const answerOne = async (message, response) => {
  const answer = await Auth(new Request(`http://localhost:4000${message.url}`), configuration)
  response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text())
}
const server = createServer((message, response) => void answerOne(message, response))
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port, target: '/auth/session' }))
process.on('message', () => process.send({ rss: process.memoryUsage.rss() }))
