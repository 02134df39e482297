import { randomUUID } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Auth, Mailbox } from 'latchkey'
import { fromIncomingMessage, isLocalRequest, toNodeHandler } from 'latchkey/node'
import type { Logger } from 'pino'
import type { DevelopmentProvider } from './development-provider.ts'
import { health, metrics, readiness } from './operations.ts'
import type { PageFiles } from './page-files.ts'
import type { Phase } from './phase.ts'
import { commonHeaders, json, notFound, problem, send, type Reply } from './reply.ts'

export interface ListenerOptions {
  readonly phase: Phase
  readonly logger: Logger
  readonly development: boolean
  readonly publicUrl: string
  readonly pages: PageFiles
  readonly metricsToken: string | undefined
  /** `undefined` outside development: the mailbox exists nowhere else. */
  readonly mailbox: Mailbox | undefined
  /** `undefined` outside development: it vouches for whatever it is told. */
  readonly provider: DevelopmentProvider | undefined
  /** `undefined` while the server starts. */
  readonly auth: () => Auth | undefined
}

/** Paths that the pages answer (packages/pages/src/app.tsx); every other one gets their "not found", with 404. */
export const pagePaths: ReadonlySet<string> = new Set([
  '/',
  '/sign-in',
  '/sign-in/link',
  '/sign-up',
  '/code',
  '/magic-link',
  '/reset',
  '/reset/confirm',
  '/email/undo',
  '/identities/confirm',
  '/admin-link',
])

const basePath = '/auth'

/** The server around the engine: its own routes, the pages, and everything below `/auth` for the engine. */
export function createRequestListener(options: ListenerOptions): RequestListener {
  const { phase, logger, development, publicUrl } = options
  const base = commonHeaders(publicUrl)
  let engine: { readonly auth: Auth; readonly listener: RequestListener } | undefined
  const listenerOf = (auth: Auth): RequestListener => {
    if (engine?.auth !== auth) engine = { auth, listener: toNodeHandler(auth) }
    return engine.listener
  }

  return (message, response) => {
    // The connection ends with this answer, so that a client comes back elsewhere.
    if (phase.current === 'draining' || phase.current === 'closed') response.shouldKeepAlive = false
    phase.answering.add(response)
    response.once('close', () => phase.answering.delete(response))
    const path = pathOf(message)
    const auth = options.auth()
    if (auth !== undefined && phase.current !== 'closed' && isEnginePath(path)) {
      listenerOf(auth)(message, response)
      return
    }
    void answerHere(message, response, path)
  }

  async function answerHere(message: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const startedAt = process.hrtime.bigint()
    const requestId = randomUUID()
    let route = 'none'
    let reply: Reply
    try {
      const found = await routeOf(message, path)
      route = found.route
      reply = found.reply
    } catch (error) {
      logger.error({ requestId, path: route, error }, 'a request broke')
      reply = problem(500, 'internal', 'Something went wrong here.')
    }
    send(response, reply, { ...base, 'x-request-id': requestId }, message.method !== 'HEAD')
    const ms = Number((process.hrtime.bigint() - startedAt) / 1_000_000n)
    // Probes come every few seconds; they are worth a line when they fail.
    const level = route === 'pages.asset' || (isProbe(route) && reply.status < 400) ? 'debug' : 'info'
    logger[level]({ requestId, method: message.method, route, status: reply.status, ms }, 'request')
  }

  async function routeOf(
    message: IncomingMessage,
    path: string,
  ): Promise<{ readonly route: string; readonly reply: Reply }> {
    if (development && !isLocalRequest(fromIncomingMessage(message))) {
      return {
        route: 'none',
        reply: problem(403, 'forbidden', 'Development mode answers direct requests to localhost alone.'),
      }
    }
    const provided = await options.provider?.answer(message, path)
    if (provided !== undefined) return { route: 'dev.provider', reply: provided }
    if (message.method !== 'GET' && message.method !== 'HEAD') {
      return {
        route: 'none',
        reply: problem(405, 'method_not_allowed', 'This method is not for this path.', { allow: 'GET, HEAD' }),
      }
    }
    const auth = options.auth()
    if (path === '/healthz') return { route: 'health', reply: health() }
    if (path === '/readyz') return { route: 'ready', reply: await readiness(auth, phase) }
    if (auth === undefined || phase.current === 'closed') {
      return {
        route: 'none',
        reply: problem(503, 'unavailable', 'The server starts or stops.', { 'retry-after': '2' }),
      }
    }
    if (path === '/metrics') {
      return { route: 'metrics', reply: await metrics(auth, message, options.metricsToken) }
    }
    return pageOf(message, path)
  }

  async function pageOf(
    message: IncomingMessage,
    path: string,
  ): Promise<{ readonly route: string; readonly reply: Reply }> {
    const { mailbox, pages } = options
    if (mailbox !== undefined && path === '/dev/mailbox.json')
      return { route: 'mailbox.list', reply: json(200, mailbox.list()) }
    const page = path.replace(/(?<=.)\/+$/, '')
    if (pagePaths.has(page) || (mailbox !== undefined && page === '/dev/mailbox')) {
      return { route: 'pages', reply: (await pages.shell(200, message)) ?? notFound }
    }
    const asset = await pages.asset(path, message)
    if (asset !== undefined) return { route: 'pages.asset', reply: asset }
    const wantsPage = message.headers.accept?.includes('text/html') === true
    return { route: 'none', reply: (wantsPage ? await pages.shell(404, message) : undefined) ?? notFound }
  }
}

/** Without query, and without the origin that a proxy may have put in front (RFC 9112 section 3.2.2). */
function pathOf({ url = '' }: IncomingMessage): string {
  return url.replace(/^https?:\/\/[^/?]*/i, '').replace(/[?#].*$/s, '')
}

function isEnginePath(path: string): boolean {
  return path === basePath || path.startsWith(`${basePath}/`)
}

function isProbe(route: string): boolean {
  return route === 'health' || route === 'ready' || route === 'metrics' || route === 'mailbox.list'
}
