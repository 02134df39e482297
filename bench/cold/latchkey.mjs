import { createServer } from 'node:http'
import { createAuth } from 'latchkey'
import { emailCode } from 'latchkey/email-code'
import { toNodeHandler } from 'latchkey/node'
import { password } from 'latchkey/password'
import { createSqliteStorage } from 'latchkey/sqlite'

const storage = await createSqliteStorage({ filename: process.argv[2] })
await storage.migrate()
const auth = createAuth({
  storage,
  secret: 'a secret for the benchmarks that is long enough',
  publicUrl: 'http://localhost:4000',
  methods: [password(), emailCode()],
  mail: { send: async () => undefined },
})
const server = createServer(toNodeHandler(auth))
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port, target: '/auth/session' }))
process.on('message', () => process.send({ rss: process.memoryUsage.rss() }))
