import { createServer } from 'node:http'
import Database from 'better-sqlite3'

const database = new Database(process.argv[2])
database.pragma('journal_mode = WAL')
const statement = database.prepare('SELECT count(*) AS tables FROM sqlite_master')
const server = createServer((_message, response) => {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(statement.get()))
})
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port, target: '/' }))
process.on('message', () => process.send({ rss: process.memoryUsage.rss() }))
