import { exitCodes, sqliteFileOf, type Config, type ExitCode } from 'latchkey/config'
import type { Logger } from 'pino'
import { developmentBanner } from './banner.ts'
import { createLogger } from './logger.ts'
import { serve, type RunningServer } from './serve.ts'
import { within } from './within.ts'

export interface ServeProcessOptions {
  readonly config: Config
  readonly migrate?: boolean
}

/**
 * `latchkey serve`: the server as a process of its own, with logs on standard output, until a signal ends it. Gives the exit code.
 *
 * SIGTERM and SIGINT drain and end with 0; the second one ends at once. After an uncaught exception the state of the process is unknown
 * (https://nodejs.org/api/process.html#warning-using-uncaughtexception-correctly), so it drains what it can and ends with 70 for its
 * supervisor to start it again, instead of going on as if nothing had happened.
 *
 * @throws as `serve`
 */
export async function serveProcess({ config, migrate }: ServeProcessOptions): Promise<ExitCode> {
  const { stdout } = process
  const isTerminal = stdout.isTTY === true
  const logger = createLogger({
    level: config.logLevel,
    pretty: config.development && isTerminal,
    colour: isTerminal && !process.env['NO_COLOR'],
    write: (line) => void stdout.write(line),
  })
  const server = await serve({
    config,
    logger,
    ...(migrate === undefined ? {} : { migrate }),
    onMigration: (name) => logger.info({ migration: name }, 'applying a migration'),
  })
  announce(server, config, logger)
  return untilStopped(server, logger)
}

function announce(server: RunningServer, config: Config, logger: Logger): void {
  const { publicUrl, port, hosts, hasPages, appliedMigrations } = server
  if (config.development) {
    process.stdout.write(developmentBanner(server, databaseName(config)))
  } else {
    logger.info({ publicUrl, port, hosts, pages: hasPages, migrations: appliedMigrations.length }, 'serving')
  }
}

/** Without user, password and parameters. */
function databaseName(config: Config): string {
  const file = sqliteFileOf(config)
  if (file !== undefined) return file
  const { protocol, host, pathname } = new URL(config.databaseUrl ?? '')
  return `${protocol}//${host}${pathname}`
}

function untilStopped(server: RunningServer, logger: Logger): Promise<ExitCode> {
  return new Promise((resolve) => {
    let isStopping = false
    const stop = (exitCode: ExitCode): void => {
      isStopping = true
      server.drain().then(
        () => resolve(exitCode),
        (error: unknown) => {
          logger.error({ error }, 'stopping failed')
          resolve(exitCodes.internal)
        },
      )
    }
    for (const [signal, number] of [
      ['SIGINT', 2],
      ['SIGTERM', 15],
    ] as const) {
      process.on(signal, () => {
        if (isStopping) process.exit(128 + number)
        logger.info({ signal }, 'stopping: running requests are finished first; a second signal stops at once')
        stop(exitCodes.ok)
      })
    }
    // unhandledRejection arrives here too: Node raises it as an uncaught exception.
    process.on('uncaughtException', (error) => {
      logger.error({ error }, 'an exception that nothing caught; the process ends')
      if (isStopping) return
      stop(exitCodes.internal)
      void within(15_000, new Promise(() => undefined)).then(() => process.exit(exitCodes.internal))
    })
  })
}
