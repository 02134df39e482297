import { LatchkeyError } from '../platform/errors.ts'
import { redact } from '../platform/redacted.ts'
import type { SmtpOptions } from './smtp-transport.ts'

/** The variables that `smtpOptionsFrom` reads, for documentation and for refusing unknown ones. */
export const smtpVariables = {
  SMTP_HOST: 'Host of the mail server. Without it no mail leaves.',
  SMTP_PORT: 'Port of the mail server; 587, or 465 with SMTP_SECURE=tls.',
  SMTP_USER: 'User name at the mail server; goes together with SMTP_PASS.',
  SMTP_PASS: 'Password at the mail server.',
  SMTP_FROM: 'Sender, `Name <address>` or an address.',
  SMTP_SECURE:
    '`starttls` (default) or `tls`, encrypted from the first byte (default on port 465). `true` means `tls`.',
  SMTP_UNSAFE_PLAINTEXT:
    'The reason why mail may leave without encryption. Anybody on the way can then read codes and links.',
} as const

/**
 * Options of the SMTP transport from environment variables; `undefined` without `SMTP_HOST`.
 *
 * @throws LatchkeyError `config_invalid`, naming the variable and never its value
 */
export function smtpOptionsFrom(environment: Readonly<Record<string, string | undefined>>): SmtpOptions | undefined {
  const read = (name: keyof typeof smtpVariables): string | undefined => environment[name]?.trim() || undefined
  const host = read('SMTP_HOST')
  if (host === undefined) return undefined
  const from = read('SMTP_FROM')
  if (from === undefined) throw new LatchkeyError('config_invalid', 'SMTP_FROM is missing.')
  const port = read('SMTP_PORT')
  if (port !== undefined && !/^\d{1,5}$/.test(port))
    throw new LatchkeyError('config_invalid', 'SMTP_PORT is not a port number.')
  const user = read('SMTP_USER')
  // Not trimmed: a password may begin or end with a space.
  const password = environment['SMTP_PASS'] || undefined
  if ((user === undefined) !== (password === undefined)) {
    throw new LatchkeyError('config_invalid', 'SMTP_USER and SMTP_PASS go together.')
  }
  const security = securityOf(read('SMTP_SECURE'))
  const reason = read('SMTP_UNSAFE_PLAINTEXT')
  return {
    host,
    from,
    ...(port === undefined ? {} : { port: Number(port) }),
    ...(user === undefined || password === undefined ? {} : { user, password: redact(password) }),
    ...(security === undefined ? {} : { security }),
    ...(reason === undefined ? {} : { unsafePlaintext: { reason } }),
  }
}

function securityOf(value: string | undefined): SmtpOptions['security'] {
  switch (value?.toLowerCase()) {
    case undefined:
      return undefined
    case 'tls':
    case 'true':
      return 'tls'
    // `secure: false` of nodemailer, as existing deployments have it: STARTTLS. Here it is required.
    case 'starttls':
    case 'false':
      return 'starttls'
    default:
      throw new LatchkeyError('config_invalid', 'SMTP_SECURE is neither `starttls` nor `tls`.')
  }
}
