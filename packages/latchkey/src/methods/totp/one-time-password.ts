import { secondMs } from '../../platform/clock.ts'
import { equal } from '../../secrets/equal.ts'
import { hmacSha1 } from '../../secrets/hmac-sha1.ts'
import { fromBase32 } from './base32.ts'

/** RFC 6238 section 4.1: the time step that every authenticator app takes for granted. */
const stepMs = 30 * secondMs

/** RFC 6238 section 5.2: one step back for slow fingers, one ahead for a clock that is fast. Not more (ASVS 6.5.5). */
const drift = 1

const digits = 6

/** The value of a counter (RFC 4226 section 5.3). */
export function hotp(key: Uint8Array, counter: number, length: number = digits): string {
  const message = new DataView(new ArrayBuffer(8))
  message.setBigUint64(0, BigInt(counter))
  const mac = new DataView(hmacSha1(key, new Uint8Array(message.buffer)).buffer)
  // Dynamic truncation: the low four bits of the last byte say where; the sign bit is masked off.
  const value = mac.getUint32(mac.getUint8(19) & 0x0f) & 0x7fffffff
  return (value % 10 ** length).toString().padStart(length, '0')
}

/** The time step of an instant in epoch milliseconds (RFC 6238 section 4.2, T0 = 0). */
export function stepAt(at: number): number {
  return Math.floor(at / stepMs)
}

/**
 * The code of a secret (base 32) at an instant in epoch milliseconds.
 *
 * @throws TypeError for a secret that is not base 32
 * @example totpCode('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', 59_000) // '287082'
 */
export function totpCode(secret: string, at: number): string {
  return hotp(keyOf(secret), stepAt(at))
}

/**
 * The step of which this is the code, if that is one around `at` and after the last one that was spent: a step, and each before it, never passes again
 * (RFC 6238 section 5.2), on a clock that was set back as well. Every candidate is compared, so that the time does not tell which.
 */
export function matchStep(
  secret: string,
  typed: string,
  { at, lastStep }: { readonly at: number; readonly lastStep: number },
): number | undefined {
  const key = keyOf(secret)
  const now = stepAt(at)
  let matched: number | undefined
  for (let step = now + drift; step >= now - drift; step--)
    if (equal(hotp(key, step), typed) && step > lastStep) matched = step
  return matched
}

function keyOf(secret: string): Uint8Array {
  const key = fromBase32(secret)
  if (key === undefined) throw new TypeError('a TOTP secret is base 32')
  return key
}
