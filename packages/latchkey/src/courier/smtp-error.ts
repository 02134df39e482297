import { MailError } from './mail-error.ts'

const whole = new Set([
  'ECONNECTION',
  'ETIMEDOUT',
  'ESOCKET',
  'EDNS',
  'ETLS',
  'EAUTH',
  'ENOAUTH',
  'EPROTOCOL',
  'ECONFIG',
  'EPROXY',
])

/**
 * RFC 5321 4.2.1: 5yz is final, 4yz is not. Of this mail it speaks only in the answers to RCPT TO and DATA; whatever is refused before
 * (connection, TLS, sign-in, our own sender) stops every mail alike.
 */
export function smtpError(thrown: unknown): MailError {
  // What nodemailer hangs on its errors. The texts quote addresses and are not looked at, but for the codes at their beginning.
  const code = memberOf(thrown, 'code')
  const command = memberOf(thrown, 'command')
  const responseCode = memberOf(thrown, 'responseCode')
  const response = memberOf(thrown, 'response')
  const name = typeof code === 'string' && /^[A-Z0-9]{1,20}$/.test(code) ? code : 'unknown error'
  const step = typeof command === 'string' && /^(?:MAIL FROM|RCPT TO|DATA|CONN|EHLO|STARTTLS|AUTH)/.exec(command)?.[0]
  const status =
    typeof responseCode === 'number' && responseCode >= 200 && responseCode < 600 ? responseCode : undefined
  // RFC 3463: the enhanced status code, 5.1.1 for a mailbox that does not exist.
  const enhanced =
    typeof response === 'string' ? /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b/.exec(response)?.[1] : undefined
  const answer = [name, step, status, enhanced, reasonOf(thrown)]
    .filter((part) => part !== undefined && part !== false)
    .join(' ')

  const isAboutThisMail = step === 'RCPT TO' || step === 'DATA'
  if (isAboutThisMail && status !== undefined && status >= 500) return new MailError('refused', answer, thrown)
  if (isAboutThisMail && status !== undefined && status !== 421) return new MailError('deferred', answer, thrown)
  if (whole.has(name) || step === 'MAIL FROM' || status === 421) return new MailError('unavailable', answer, thrown)
  return new MailError('deferred', answer, thrown)
}

// What the operator needs to know and no text of the other side: words from here only.
const reasons: readonly (readonly [string, RegExp])[] = [
  [
    'certificate not trusted',
    /self[- ]signed certificate|unable to (?:get|verify)[a-z ]* certificate|certificate .*signed by/i,
  ],
  ['certificate has expired', /certificate has expired/i],
  ['certificate is for another host', /altnames|hostname\/ip does not match/i],
]

function reasonOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error)) return undefined
  const known = /\b(?:ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EPIPE)\b/.exec(
    thrown.message,
  )?.[0]
  return known ?? reasons.find(([, pattern]) => pattern.test(thrown.message))?.[0]
}

function memberOf(thrown: unknown, name: string): unknown {
  return thrown instanceof Error ? Reflect.get(thrown, name) : undefined
}
