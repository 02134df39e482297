import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Command } from '../command.ts'
import { missingInProduction } from '../config/insecure.ts'
import type { Config } from '../config/read-config.ts'
import { exitCodes, type ExitCode } from '../exit-codes.ts'

interface ServerModule {
  serveProcess(options: { readonly config: Config; readonly migrate: boolean }): Promise<ExitCode>
}

export const command: Command = {
  description:
    'Serves the HTTP routes, the hosted pages, health and metrics. Alone it is a production server and demands real secrets, a public address and SMTP; with --dev everything is made for this machine alone.',
  options: {
    dev: { type: 'boolean', help: 'development: localhost only, a mailbox instead of mail, a secret made for you' },
    'no-migrate': { type: 'boolean', help: 'refuse to start when migrations are pending, instead of applying them' },
  },
  examples: ['latchkey serve --dev', 'PORT=8080 HOST=0.0.0.0 latchkey serve --no-migrate'],
  async run({ config, flag, refuse }) {
    const missing = config.development ? [] : missingInProduction(config)
    if (missing.length > 0) {
      return refuse(
        'config_incomplete',
        `Production needs more than it was given (for development: latchkey serve --dev):\n${missing.join('\n')}`,
        exitCodes.configuration,
      )
    }
    const server = await loadServer(config.directory)
    if (server === undefined) {
      return refuse(
        'server_missing',
        'The server is a package of its own. Install it: npm install @latchkey/server',
        exitCodes.machine,
      )
    }
    return server.serveProcess({ config, migrate: !flag('no-migrate') })
  },
}

/** From where this package stands, else from the folder of the process: package managers that isolate packages hide it from us. */
async function loadServer(directory: string): Promise<ServerModule | undefined> {
  const name = '@latchkey/server'
  for (const locate of [
    () => name,
    () => pathToFileURL(createRequire(join(directory, 'package.json')).resolve(name)).href,
  ]) {
    try {
      const module: unknown = await import(locate())
      if (isServerModule(module)) return module
    } catch (error) {
      if (!isMissing(error, name)) throw error
    }
  }
  return undefined
}

function isServerModule(module: unknown): module is ServerModule {
  return (
    typeof module === 'object' &&
    module !== null &&
    'serveProcess' in module &&
    typeof module.serveProcess === 'function'
  )
}

/** That this package is missing, not one that it imports. */
function isMissing(error: unknown, name: string): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return (
    (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') &&
    error instanceof Error &&
    error.message.includes(name)
  )
}
