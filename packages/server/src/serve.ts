import { existsSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { fileURLToPath } from 'node:url'
import { createAuth, createMailbox, LatchkeyError, type Auth, type Mailbox, type MailTransport } from 'latchkey'
import {
  authOptionsOf,
  developmentProvider,
  ensureDevelopmentSecret,
  missingInProduction,
  openLimitStore,
  openStorage,
  reveal,
  smtpOptionsOf,
  type Config,
} from 'latchkey/config'
import { createSmtpTransport } from 'latchkey/smtp'
import type { Logger } from 'pino'
import { createDevelopmentProvider } from './development-provider.ts'
import { listen, type Listening } from './listen.ts'
import { readPageFiles } from './page-files.ts'
import type { Phase } from './phase.ts'
import { createRequestListener } from './request-listener.ts'
import { within } from './within.ts'

export interface ServeOptions {
  /** From `loadConfig`. `development` decides about everything that development mode is allowed. */
  readonly config: Config
  /** Whether pending migrations are applied before the first request. Default true; in development always. */
  readonly migrate?: boolean
  readonly logger: Logger
  /** Called for each migration that is applied. */
  readonly onMigration?: (name: string) => void
  /** Folder of the built pages, instead of those that this package carries. */
  readonly pagesFolder?: string
}

export interface RunningServer {
  readonly publicUrl: string
  readonly port: number
  readonly hosts: readonly string[]
  /** Development only. */
  readonly mailbox: Mailbox | undefined
  /** In development while there is no administrator: a link that makes one, once. For the terminal, never for a log. */
  readonly adminLink: string | undefined
  readonly hasPages: boolean
  readonly appliedMigrations: readonly string[]
  /**
   * Says no at `/readyz`, lets running requests finish (10 s), takes no new ones, ends the background work, closes the storage.
   * Calling it again gives the same promise.
   */
  drain(): Promise<void>
}

type Storage = Awaited<ReturnType<typeof openStorage>>

const drainTimeoutMs = 10_000

/**
 * The whole server: engine, pages, health, metrics.
 *
 * @throws LatchkeyError `config_invalid`, `storage_unavailable`, `schema_outdated`; ListenError
 * @example
 * const server = await serve({ config: await loadConfig(), logger })
 * process.once('SIGTERM', () => void server.drain())
 */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const { config, logger } = options
  const { development } = config
  if (!development) {
    const missing = missingInProduction(config)
    if (missing.length > 0) throw new LatchkeyError('config_invalid', missing.join('\n'))
  }
  const phase: Phase = { current: 'starting', answering: new Set() }
  const mailbox = development ? createMailbox() : undefined
  const pages = readPageFiles(options.pagesFolder ?? ownPages())
  let auth: Auth | undefined
  // The port is taken first: what is taken by another program should not have migrated anything.
  let listener: RequestListener = (_message, response) => {
    response.writeHead(503, { 'content-length': '0', 'retry-after': '2' }).end()
  }
  const listening = await listen((message, response) => listener(message, response), {
    hosts: hostsOf(config),
    port: config.port,
  })
  const publicUrl = config.publicUrl ?? `http://localhost:${listening.port}`
  const provider = development ? createDevelopmentProvider({ publicUrl }) : undefined
  listener = createRequestListener({
    phase,
    logger,
    development,
    publicUrl,
    pages,
    metricsToken: config.metricsToken === null ? undefined : reveal(config.metricsToken),
    mailbox,
    provider,
    auth: () => auth,
  })

  let storage: Storage | undefined
  try {
    const secret = (config.secret ?? [ensureDevelopmentSecret(config)]).map(reveal)
    storage = await openStorage(config)
    const limitStore = await openLimitStore(config)
    const appliedMigrations = await bringUpToDate(storage, options)
    auth = createAuth({
      ...authOptionsOf(
        config,
        provider === undefined ? {} : { provider: developmentProvider({ publicUrl, ...provider }) },
      ),
      storage,
      ...(limitStore === undefined ? {} : { limitStore }),
      secret,
      publicUrl,
      mail: mailbox ?? smtpTransport(config, logger),
      logger,
      onRequest: ({ requestId, method, route = 'none', status, problem, durationMs }) =>
        logger.info({ requestId, method, route, status, problem, ms: durationMs }, 'request'),
    })
    // Mails that a stopped process left behind leave now, not with the first request.
    auth.start()
    const adminLink = development && !(await hasAdministrator(auth)) ? await auth.issueAdminLink() : undefined
    phase.current = 'serving'
    const running = { auth, storage, listening, phase, logger, drainDelayMs: config.drainDelay }
    let draining: Promise<void> | undefined
    return {
      publicUrl,
      port: listening.port,
      hosts: listening.hosts,
      mailbox,
      adminLink,
      hasPages: pages.exist,
      appliedMigrations,
      drain: () => (draining ??= drain(running)),
    }
  } catch (error) {
    listening.cut()
    await listening.stop()
    await auth?.close()
    await storage?.close()
    throw error
  }
}

async function drain(running: {
  readonly auth: Auth
  readonly storage: Storage
  readonly listening: Listening
  readonly phase: Phase
  readonly logger: Logger
  readonly drainDelayMs: number
}): Promise<void> {
  const { auth, storage, listening, phase, logger, drainDelayMs } = running
  phase.current = 'draining'
  // A connection that stays open for the next request would hold the stop until it is cut.
  for (const response of phase.answering) response.shouldKeepAlive = false
  if (drainDelayMs > 0) await within(drainDelayMs, new Promise(() => undefined))
  phase.current = 'closed'
  if (!(await within(drainTimeoutMs, listening.stop()))) {
    logger.warn({}, 'Requests were still running after 10 s; their connections are cut.')
    listening.cut()
  }
  // What is not given back by then is given back by its lease's end.
  if (!(await within(drainTimeoutMs, auth.close()))) logger.warn({}, 'Background work was still running after 10 s.')
  await storage.close()
}

async function bringUpToDate(storage: Storage, options: ServeOptions): Promise<readonly string[]> {
  const { config, migrate = true, onMigration } = options
  if (config.development || migrate) {
    const { applied } = await storage.migrate(({ name }) => onMigration?.(name))
    return applied
  }
  const { pending } = await storage.migrationStatus()
  if (pending.length === 0) return []
  throw new LatchkeyError(
    'schema_outdated',
    `${pending.length} migration${pending.length === 1 ? ' is' : 's are'} pending (${pending.join(', ')}) and --no-migrate was given.`,
  )
}

async function hasAdministrator(auth: Auth): Promise<boolean> {
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<Auth['users']['list']>> = await auth.users.list({
      limit: 200,
      ...(cursor === null ? {} : { cursor }),
    })
    if (page.users.some(({ roles }) => roles.includes('admin'))) return true
    cursor = page.nextCursor
  } while (cursor !== null)
  return false
}

function smtpTransport(config: Config, logger: Logger): MailTransport {
  const smtp = smtpOptionsOf(config)
  if (smtp === undefined) throw new LatchkeyError('config_invalid', 'SMTP_HOST is missing.')
  return createSmtpTransport({ ...smtp, logger })
}

/** Development answers this machine alone, whatever its network interfaces are (design rule 16). */
function hostsOf({ development, host }: Config): readonly string[] {
  return development ? ['127.0.0.1', '::1'] : [host ?? '127.0.0.1']
}

/** Beside the built module; when the sources run, in the folder that the build fills. */
function ownPages(): string {
  const beside = fileURLToPath(new URL('pages', import.meta.url))
  return existsSync(beside) ? beside : fileURLToPath(new URL('../dist/pages', import.meta.url))
}
