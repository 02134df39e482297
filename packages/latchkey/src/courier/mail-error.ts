/**
 * Why a mail was not accepted, as the outbox must know it.
 * `unavailable`: the mail server as a whole (unreachable, refuses the sign-in): nothing can leave, this mail is not at fault.
 * `deferred`: not this mail, not now. `refused`: this mail will never be accepted.
 */
export type MailErrorKind = 'unavailable' | 'deferred' | 'refused'

/** What a transport throws when it knows more than that it failed. `answer` goes to the outbox: no address, no body, no secret in it. */
export class MailError extends Error {
  override readonly name = 'MailError'
  readonly kind: MailErrorKind
  readonly answer: string

  constructor(kind: MailErrorKind, answer: string, cause?: unknown) {
    super(answer, cause === undefined ? undefined : { cause })
    this.kind = kind
    this.answer = answer
  }
}

/** Anything that a transport threw, as a mail error. What is not one says only its own code: a text may quote the mail. */
export function toMailError(thrown: unknown): MailError {
  if (thrown instanceof MailError) return new MailError(thrown.kind, withoutAddresses(thrown.answer), thrown.cause)
  const code: unknown = thrown instanceof Error ? Reflect.get(thrown, 'code') : undefined
  const isPlain = typeof code === 'string' && /^[A-Za-z0-9_]{1,40}$/.test(code)
  return new MailError('deferred', isPlain ? code : 'unknown error', thrown)
}

/** The last guard, for transports that are not ours: words with an `@`, long words and line breaks do not reach the outbox. */
function withoutAddresses(answer: string): string {
  const words = answer.slice(0, 500).split(/[\s\u0000-\u001f\u007f]+/)
  return words
    .map((word) => (word.includes('@') || word.length > 40 ? '…' : word))
    .join(' ')
    .slice(0, 200)
}
