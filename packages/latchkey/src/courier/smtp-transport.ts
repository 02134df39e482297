import { LatchkeyError } from '../platform/errors.ts'
import { secondMs } from '../platform/clock.ts'
import { silentLogger, type Logger } from '../platform/logger.ts'
import { reveal, type Redacted } from '../platform/redacted.ts'
import { parseEmailAddress } from '../user/email-address.ts'
import { MailError } from './mail-error.ts'
import type { Mail, MailTransport } from './mail-transport.ts'
import { parseSenderAddress, type SenderAddress } from './sender-address.ts'
import { smtpError } from './smtp-error.ts'

export interface SmtpOptions {
  readonly host: string
  /** Default 465 with `security: 'tls'`, else 587. */
  readonly port?: number
  readonly user?: string
  readonly password?: string | Redacted
  /** `Acme <hello@example.com>` or a bare address. */
  readonly from: string
  /**
   * `tls`: encrypted from the first byte (RFC 8314, port 465). `starttls`: upgraded before anything is said, refused when the server cannot.
   * Default: `tls` on port 465, else `starttls`; only on a loopback host neither, unless it is asked for.
   */
  readonly security?: 'tls' | 'starttls'
  /** PEM of authorities to trust instead of the system's, for a server with a certificate of its own. */
  readonly certificateAuthorities?: readonly string[]
  /** Connections at once. Default 4, as many as the courier sends. */
  readonly maxConnections?: number
  /** For one mail, all in all. Default 25 s, less than the courier's patience. */
  readonly timeoutMs?: number
  readonly logger?: Logger
  /**
   * Sends codes, links and the SMTP password readable to everybody on the way. There is hardly ever a reason.
   * @deprecated
   */
  readonly unsafePlaintext?: { readonly reason: string }
}

export interface SmtpTransport extends MailTransport {
  /** Connects and signs in without sending. @throws MailError */
  verify(): Promise<void>
  close(): Promise<void>
}

/**
 * Mail by SMTP. Needs the package `nodemailer` (10), which is loaded with the first mail.
 *
 * Security: TLS with a valid certificate is required (loopback excepted), recipients pass the address parser once more, and no field can
 * carry a line break into a header.
 *
 * @throws LatchkeyError `config_invalid`, naming the option
 * @example
 * const transport = createSmtpTransport({ host: 'smtp.example.com', user, password, from: 'Acme <hello@example.com>' })
 */
export function createSmtpTransport(options: SmtpOptions): SmtpTransport {
  const { host, user, password, timeoutMs = 25 * secondMs, logger = silentLogger } = options
  const sender = checkedSender(options)
  const pool = poolOptions(options)
  if (options.unsafePlaintext !== undefined) {
    logger.warn({ host, reason: options.unsafePlaintext.reason }, 'Mail leaves without encryption (unsafePlaintext).')
  }
  let opened: ReturnType<typeof open> | undefined

  async function open() {
    const { createTransport } = await import('nodemailer').catch((cause: unknown) => {
      throw new MailError('unavailable', 'the package nodemailer is not installed', cause)
    })
    const auth =
      user === undefined ? {} : { auth: { user, pass: typeof password === 'object' ? reveal(password) : password } }
    return createTransport({ ...pool, ...auth })
  }

  async function withPool<Result>(work: (pool: Awaited<ReturnType<typeof open>>) => Promise<Result>): Promise<Result> {
    try {
      opened ??= open()
      return await work(await opened)
    } catch (thrown) {
      throw thrown instanceof MailError ? thrown : smtpError(thrown)
    }
  }

  return {
    async send(mail) {
      const checked = checkedMail(mail)
      await withPool((transport) =>
        transport.sendMail({
          ...checked,
          from: { name: sender.name ?? '', address: sender.address },
          // RFC 3834 section 5: no vacation notices in answer to codes.
          headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
          disableFileAccess: true,
          disableUrlAccess: true,
          signal: AbortSignal.timeout(timeoutMs),
        }),
      )
    },
    async verify() {
      await withPool((transport) => transport.verify())
    },
    async close() {
      const transport = await opened?.catch(() => undefined)
      opened = undefined
      transport?.close()
    },
  }
}

/**
 * nodemailer hands on whatever it is given: `to: "x@y.z\r\nBcc: evil@z"` reached evil@z. So everything that becomes a header or an
 * envelope is checked here, whoever called.
 *
 * @throws MailError `refused`
 */
function checkedMail({ to, subject, messageId, text, html }: Mail): Omit<Mail, 'id' | 'at'> {
  if (parseEmailAddress(to) !== to) throw new MailError('refused', 'not an address')
  if (/[\u0000-\u001f\u007f]/.test(subject)) throw new MailError('refused', 'control characters in the subject')
  if (!/^<[A-Za-z0-9.-]+@[A-Za-z0-9.:[\]-]+>$/.test(messageId)) throw new MailError('refused', 'not a message id')
  return { to, subject, messageId, text, html }
}

function checkedSender({ from }: SmtpOptions): SenderAddress {
  const sender = parseSenderAddress(from)
  if (sender === undefined)
    throw new LatchkeyError('config_invalid', 'SMTP `from` is not one address, with or without a name.')
  return sender
}

function poolOptions(options: SmtpOptions) {
  const { host, user, password, unsafePlaintext, certificateAuthorities, maxConnections = 4 } = options
  const isLoopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/i.test(host)
  const security = options.security ?? (options.port === 465 ? 'tls' : undefined)
  const port = options.port ?? (security === 'tls' ? 465 : 587)
  if (!/^[A-Za-z0-9.:[\]-]{1,253}$/.test(host))
    throw new LatchkeyError('config_invalid', 'SMTP `host` is not a host name.')
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new LatchkeyError('config_invalid', 'SMTP `port` is not a port number.')
  }
  if ((user === undefined) !== (password === undefined)) {
    throw new LatchkeyError('config_invalid', 'SMTP `user` and `password` go together.')
  }
  if (unsafePlaintext !== undefined && (security !== undefined || unsafePlaintext.reason.trim() === '')) {
    throw new LatchkeyError('config_invalid', 'SMTP `unsafePlaintext` needs a reason and excludes `security`.')
  }
  const mayBePlain = security === undefined && (isLoopback || unsafePlaintext !== undefined)
  return {
    host: host.replace(/^\[|\]$/g, ''),
    port,
    secure: security === 'tls',
    requireTLS: security !== 'tls' && !mayBePlain,
    ignoreTLS: mayBePlain,
    tls: {
      minVersion: 'TLSv1.2' as const,
      ...(certificateAuthorities === undefined ? {} : { ca: [...certificateAuthorities] }),
    },
    pool: true as const,
    maxConnections,
    // The outbox repeats, with its own patience and its own count.
    maxRequeues: 0,
    connectionTimeout: 10 * secondMs,
    greetingTimeout: 10 * secondMs,
    socketTimeout: 20 * secondMs,
    dnsTimeout: 5 * secondMs,
  }
}
