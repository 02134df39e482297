import type { AmrEntry } from '../../assurance/assurance.ts'
import { LatchkeyError } from '../../platform/errors.ts'
import { hourMs, minuteMs } from '../../platform/clock.ts'

export interface MagicLinkOptions {
  /** Life of a link and of the code beside it, in milliseconds: a minute to an hour. Default 15 minutes; ASVS 6.5.5 asks for 10 at most. */
  readonly ttlMs?: number
}

/** What the seed systems promise: it outlives slow mail, and little else. */
export const defaultTtlMs: number = 15 * minuteMs

/** @throws LatchkeyError `config_invalid` */
export function resolveTtlMs({ ttlMs = defaultTtlMs }: MagicLinkOptions): number {
  if (!Number.isSafeInteger(ttlMs) || ttlMs < minuteMs || ttlMs > hourMs)
    throw new LatchkeyError('config_invalid', 'magicLink: ttlMs must be between a minute and an hour in milliseconds.')
  return ttlMs
}

/** Whoever reads the mailbox has it: possession over e-mail, which never counts towards AAL2 (NIST SP 800-63B-4 3.1.3). RFC 8176 `otp`. */
export const magicLinkProof: Omit<AmrEntry, 'at'> = {
  method: 'magic-link',
  amr: 'otp',
  factor: 'possession',
  channel: 'email',
}
