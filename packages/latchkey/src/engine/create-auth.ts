import { defaultRolePermissions } from '../access/permissions.ts'
import { createSealer, sealEvents } from '../audit/seal-events.ts'
import { verifyEvents, type VerifyOptions, type VerifyReport } from '../audit/verify-events.ts'
import type { Core } from '../core/core.ts'
import { noContext, type RequestContext } from '../core/request-context.ts'
import { createCourier } from '../courier/worker.ts'
import { createPasswordHasher } from '../credential/hashing/password-hasher.ts'
import { createPasswordPolicy } from '../credential/password-policy.ts'
import { resolveBreachedPasswords } from '../credential/policy/breached-passwords.ts'
import { createCookies } from '../http/cookies.ts'
import type { Exchange, FetchHandler } from '../http/exchange.ts'
import { toFetchHandler } from '../http/fetch.ts'
import { createHandler } from '../http/handler.ts'
import { defaultHttpSettings } from '../http/http-settings.ts'
import { createMetrics } from '../http/metrics.ts'
import { readPresented } from '../http/presented.ts'
import { allRoutes } from '../http/routes.ts'
import { waysInOf } from '../methods/method.ts'
import type { Route } from '../methods/route.ts'
import { secondMs, systemClock } from '../platform/clock.ts'
import { LatchkeyError } from '../platform/errors.ts'
import { createIds } from '../platform/ids.ts'
import { silentLogger } from '../platform/logger.ts'
import { createPeriodicJob } from '../platform/periodic-job.ts'
import { systemRandom } from '../platform/random.ts'
import { systemTimers } from '../platform/timers.ts'
import { createKeyRing } from '../secrets/key-ring.ts'
import { createAccessTokens } from '../session/access-token.ts'
import { checkSession } from '../session/check-session.ts'
import { systemStopwatch } from '../platform/stopwatch.ts'
import { createWatchedCache } from '../session/cache/watched-cache.ts'
import { createLastSeen } from '../session/last-seen.ts'
import { createSigningKeys, type SigningKeys } from '../session/signing-keys.ts'
import { issueAdminLink } from '../sign-up/admin-link.ts'
import { createAnnouncer, type ChangeSignals } from '../store/change-signals.ts'
import { announcingCommit } from '../store/changes.ts'
import type { Store } from '../store/store.ts'
import { createJanitor } from '../lifecycle/janitor.ts'
import { sweep, type SweepProgress, type SweepReport } from '../lifecycle/sweep.ts'
import { attachLimits } from './attach-limits.ts'
import { createBackground } from './background.ts'
import { createCheckCaller } from './check-caller.ts'
import { checkOptions } from './check-options.ts'
import { countSessionCache, registerGauges } from './gauges.ts'
import type { AuthOptions } from './options.ts'
import { checkReadiness, type Readiness } from './readiness.ts'
import { sessionRecord, userRecord, type SessionRecord, type UserRecord } from './records.ts'
import { resolveSessionCache } from './resolve-session-cache.ts'
import { resolveSecrets, resolveSettings } from './resolve-settings.ts'
import { createSessionApi, createUserApi, type SessionApi, type UserApi } from './user-api.ts'

/** The engine: one object that answers requests and that server code asks. */
export interface Auth extends ScopedAuth {
  /** Web-standard handler for everything below `basePath`. Adapters mount it; `connection` carries the peer's address. */
  readonly handle: FetchHandler & { readonly exchange: Exchange }
  /** Who sent this request, by cookie or bearer token; `undefined` when nobody is signed in. One statement, or none while the session cache may answer. */
  getSession(request: { readonly headers: { get(name: string): string | null } }): Promise<SignedIn | undefined>
  /** The same engine acting in the name of somebody, for the audit log. */
  withContext(context: Partial<Omit<RequestContext, 'browserSession'>> & { readonly actorId?: string }): ScopedAuth
  readonly signingKeys: Pick<SigningKeys, 'rotate' | 'jwks'>
  /** Begins the background work (mail, audit seals, retention). The first request does it by itself. */
  start(): void
  /** Ends it: what is under way is finished, leases are given back. The storage stays open. */
  close(): Promise<void>
  /** Whether requests can be served: database, migrations, clocks, and the feed of changes that the session cache lives by. */
  ready(): Promise<Readiness>
  /** Prometheus text. */
  metrics(): Promise<string>
  /** Sends what is due in the outbox now. */
  drainOutbox(): Promise<void>
  sweep(options?: { readonly progress?: (progress: SweepProgress) => void }): Promise<SweepReport>
  verifyAudit(options?: VerifyOptions): Promise<VerifyReport>
  /** A one-time link for the first administrator. Development only. */
  issueAdminLink(): Promise<string>
  /** The route table, for documents. */
  readonly routes: readonly Route[]
}

export interface ScopedAuth {
  readonly users: UserApi
  readonly sessions: SessionApi
}

export interface SignedIn {
  readonly user: UserRecord
  readonly session: SessionRecord
}

/**
 * Puts the engine together. Nothing runs before the first request or `start()`.
 *
 * @throws LatchkeyError `config_invalid`, naming the option
 * @example
 * const auth = createAuth({
 *   storage: await createSqliteStorage({ filename: './data/latchkey.db' }),
 *   secret: process.env.LATCHKEY_SECRET,
 *   publicUrl: 'https://app.example.com',
 *   methods: [password(), emailCode()],
 *   mail: createSmtpTransport({ host: 'smtp.example.com', from: 'Acme <auth@example.com>' }),
 * })
 */
export function createAuth(options: AuthOptions): Auth {
  const { development = false, logger = silentLogger, methods, rolePermissions = defaultRolePermissions } = options
  const { clock = systemClock, random = systemRandom } = options
  checkOptions(options)
  const settings = resolveSettings(options)
  const cacheOptions = resolveSessionCache(options.sessionCache)
  const keys = createKeyRing(resolveSecrets(options.secret), random)
  const metrics = createMetrics()
  const breachListFailures = metrics.counter(
    'latchkey_breach_list_failures_total',
    'Times the breach list could not be asked.',
  )

  const { limits, storage } = attachLimits(options, { metrics, logger })
  const { signals, store: signallingStore } = withSignals(storage)
  const courier = createCourier({
    core: { store: signallingStore, clock, random, keys, settings },
    transport: options.mail,
    logger,
    ...(options.mailTemplates === undefined ? {} : { templates: options.mailTemplates }),
  })
  // Mails that this process queues are its own to send as long as its courier works.
  const store: Store = { ...signallingStore, commit: courier.commit }
  const core: Core = { store, clock, random, ids: createIds(clock, random), keys, settings }
  const hasher = createPasswordHasher({
    clock,
    random,
    ...options.hashing,
    onUnusableHash: (reason) =>
      logger.warn({ reason }, 'A stored password hash cannot be used; its owner needs a reset.'),
  })
  const breachOption = options.breachedPasswords ?? !development
  const breaches = resolveBreachedPasswords(
    countFailures(breachOption, () => breachListFailures.add()),
    {
      development,
      fetch,
      timers: systemTimers,
    },
  )
  const background = createBackground(logger)
  const signingKeys = createSigningKeys(core)
  const accessTokens = createAccessTokens({ ...core, signingKeys })
  const lastSeen = createLastSeen(core)
  const sessionCache =
    cacheOptions &&
    createWatchedCache(
      {
        store,
        signals,
        clock,
        stopwatch: systemStopwatch,
        timers: systemTimers,
        logger,
        counts: countSessionCache(metrics),
      },
      cacheOptions,
    )
  const ports = {
    ...core,
    hasher,
    passwordPolicy: createPasswordPolicy(settings, breaches),
    accessTokens,
    lastSeen,
    signingKeys,
    rolePermissions,
    methods,
    waysIn: waysInOf(methods),
    recoveryCodes: methods.some(({ id }) => id === 'recovery-code'),
    development,
    background: background.run,
    health: () => Promise.resolve({ hashing: hasher.stats() }),
  }
  const cachedPorts = { ...ports, sessionCache }
  const routes = allRoutes(ports)
  const httpSettings = {
    ...defaultHttpSettings,
    basePath: settings.basePath,
    publicUrl: settings.publicUrl,
    allowedOrigins: options.allowedOrigins ?? [],
    trustedProxies: options.trustedProxies ?? [],
    development,
    ...(options.forwardedHeader === undefined ? {} : { forwardedHeader: options.forwardedHeader }),
  }
  const handler = createHandler({
    routes,
    checkCaller: createCheckCaller(ports, sessionCache),
    settings: httpSettings,
    ids: core.ids,
    clock,
    logger,
    observe(observation) {
      metrics.observeRequest(observation)
      options.onRequest?.(observation)
    },
  })
  registerGauges(metrics, { store, clock, hasher, sessionCache, limits })

  const jobs = [
    createSealer({ core, timers: systemTimers, logger }),
    createPeriodicJob({
      name: 'last-seen',
      work: () => lastSeen.flush(clock.now()),
      intervalMs: 10 * secondMs,
      timers: systemTimers,
      random,
      logger,
    }),
    createJanitor({ core, timers: systemTimers, logger }),
  ]
  let isStarted = false
  const start = (): void => {
    if (isStarted) return
    isStarted = true
    limits?.start()
    courier.start()
    for (const job of jobs) job.start()
  }
  const startWithFirstRequest = (): void => {
    if (!isStarted && options.backgroundWork !== false) start()
  }
  const exchange: Exchange = (incoming) => {
    startWithFirstRequest()
    return handler.exchange(incoming)
  }
  const cookies = createCookies(settings.publicUrl.startsWith('https:'))
  const scopedTo = (context: RequestContext, actorId: string): ScopedAuth => ({
    users: createUserApi(ports, { context, actorId }),
    sessions: createSessionApi(ports, { context, actorId }),
  })

  return {
    ...scopedTo(noContext, 'system'),
    handle: toFetchHandler(exchange),
    async getSession({ headers }) {
      // A process that never serves a route still has to write when its sessions were used.
      startWithFirstRequest()
      const presented = readPresented({ header: (name) => headers.get(name) }, cookies, true)
      const checked = await checkSession(cachedPorts, presented)
      return checked.ok ? { user: userRecord(checked.user), session: sessionRecord(checked.session) } : undefined
    },
    withContext: ({ actorId = 'system', ...context }) => scopedTo({ ...noContext, ...context }, actorId),
    signingKeys,
    routes,
    start,
    async close() {
      await background.idle()
      await sessionCache?.stop()
      await Promise.all(jobs.map((job) => job.stop()))
      if (isStarted) await courier.stop()
      await lastSeen
        .flush(clock.now())
        .catch((error: unknown) => logger.warn({ error }, 'The last visits could not be written.'))
      limits?.close()
    },
    ready: () => checkReadiness({ storage, clock, behindMs: () => sessionCache?.behindMs() ?? 0, limits }),
    metrics: () => metrics.render(),
    drainOutbox: async () => void (await courier.drain()),
    sweep: (sweepOptions) => sweep(core, sweepOptions),
    async verifyAudit(verifyOptions) {
      await sealEvents(core)
      return verifyEvents(core, verifyOptions)
    },
    issueAdminLink() {
      if (!development)
        throw new LatchkeyError(
          'config_invalid',
          'The administrator link exists in development only; use `latchkey user create --admin`.',
        )
      return issueAdminLink(core)
    },
  }
}

/** A storage that says nothing of its commits: here it is said for it, so that at least this engine's own are seen at once. */
function withSignals(storage: AuthOptions['storage']): { readonly signals: ChangeSignals; readonly store: Store } {
  if (storage.changeSignals !== undefined) return { signals: storage.changeSignals, store: storage }
  const { subscribe, announce } = createAnnouncer()
  const commit = announcingCommit((writes, now) => storage.commit(writes, now), announce)
  return { signals: { subscribe }, store: { ...storage, commit } }
}

function countFailures(option: AuthOptions['breachedPasswords'], count: () => void): AuthOptions['breachedPasswords'] {
  if (option === false) return false
  const given = option === true || option === undefined ? {} : option
  return {
    ...given,
    onUnavailable(reason) {
      count()
      given.onUnavailable?.(reason)
    },
  }
}
