import { accessSync, constants, existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, resolve } from 'node:path'
import { prepare, printedHelp } from './bootstrap.mjs'
import { Advice, become, main, root, say } from './process.mjs'

const help = `
npm start [-- options]

Installs what is missing, builds what changed and serves Latchkey in development mode at http://localhost:4000, with a
mailbox instead of real mail. Options after "--" go to "latchkey serve" (its own list: npm run latchkey -- serve --help).

  PORT                    port, 4000
  HOST                    address to listen on; development mode stays on this machine
  LATCHKEY_DATA_DIR       where the embedded database lives, ./data
  LATCHKEY_DATABASE_URL   sqlite:FILE, postgres://… or mysql://… instead of the embedded database
  LATCHKEY_PUBLIC_URL     the address that people type, http://localhost:PORT
  LATCHKEY_SECRET         secrets, newest first, comma-separated; made and kept in the data folder in development
`

await main(async () => {
  if (printedHelp(help)) return 0
  const options = process.argv.slice(2)
  await requireFreePort(options)
  requireWritableData(options)
  const exitCode = await prepare()
  if (exitCode !== undefined) return exitCode
  const executable = resolve(root, 'packages/latchkey/dist/bin.js')
  if (!existsSync(executable)) throw new Advice('The executable is not built: packages/latchkey/src/bin.ts is missing.')
  say('▸ Starting …')
  return become(process.execPath, [executable, 'serve', '--dev', ...options])
})

/** Asked before anything is installed or built, to say it at once; the server has the last word. */
async function requireFreePort(options) {
  if (configuredElsewhere(options, 'port')) return
  const port = Number(process.env.PORT ?? 4000)
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return
  const problem = await new Promise((settle) => {
    const probe = createServer()
    probe.once('error', (error) => settle(error.code))
    probe.listen(port, '127.0.0.1', () => probe.close(() => settle(undefined)))
  })
  if (problem === 'EADDRINUSE') {
    throw new Advice(
      `Port ${port} is taken by another program.`,
      `Stop it, or choose another port: PORT=${port === 65_535 ? 4001 : port + 1} npm start`,
    )
  }
  if (problem === 'EACCES')
    throw new Advice(`Port ${port} needs more rights.`, 'Choose a port above 1023: PORT=4000 npm start')
}

function requireWritableData(options) {
  if (configuredElsewhere(options, 'data-dir')) return
  const folder = resolve(root, process.env.LATCHKEY_DATA_DIR ?? 'data')
  let existing = folder
  while (!existsSync(existing)) existing = dirname(existing)
  try {
    accessSync(existing, constants.W_OK)
  } catch {
    throw new Advice(
      `The data folder cannot be written: ${folder}`,
      'Change its owner, or choose another one: LATCHKEY_DATA_DIR=/some/folder npm start',
    )
  }
}

function configuredElsewhere(options, name) {
  const given = options.some(
    (option) => option === '--config' || option === `--${name}` || option.startsWith(`--${name}=`),
  )
  return (
    given || ['ts', 'mjs', 'js', 'json'].some((extension) => existsSync(resolve(root, `latchkey.config.${extension}`)))
  )
}
