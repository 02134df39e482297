import { reveal } from '../../platform/redacted.ts'
import type { Timers } from '../../platform/timers.ts'
import { sha1Hex } from '../../secrets/sha1.ts'
import type { RawPassword } from '../hashing/password-hasher.ts'

/** Passwords that are known from breaches. */
export interface BreachedPasswords {
  /** Never throws: a list that cannot be asked is told to `onUnavailable` and counts as "not listed". */
  includes(password: RawPassword): Promise<boolean>
}

export interface BreachedPasswordsOptions {
  /** Where ranges are served, in the shape of the Have I Been Pwned range API. Default `https://api.pwnedpasswords.com/range/`. */
  readonly rangeUrl?: string
  /** For the answer, body included. Default 1,000 ms: a person waits for it. */
  readonly timeoutMs?: number
  /** Told why the list could not be asked, for a metric: without it nobody notices that the check is gone. */
  readonly onUnavailable?: (reason: BreachListFailure) => void
}

export type BreachListFailure = 'timeout' | 'refused' | 'unreachable'

export interface BreachedPasswordsPorts {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  readonly timers: Timers
}

/**
 * On by default, so that a password from a breach is refused at sign-up, change and reset (ASVS 6.2.12); off by default in
 * development, where nothing should leave the machine. `false` switches it off, `true` or options switch it on.
 */
export function resolveBreachedPasswords(
  option: boolean | BreachedPasswordsOptions | undefined,
  { development, ...ports }: BreachedPasswordsPorts & { readonly development: boolean },
): BreachedPasswords | undefined {
  const chosen = option ?? !development
  if (chosen === false) return undefined
  return createBreachedPasswords(chosen === true ? {} : chosen, ports)
}

/**
 * Asks by k-anonymity: of the password's SHA-1 the first five hex digits leave, everything else is compared here; padding hides how
 * many suffixes the range has. Fails open.
 */
export function createBreachedPasswords(
  options: BreachedPasswordsOptions,
  { fetch, timers }: BreachedPasswordsPorts,
): BreachedPasswords {
  const { rangeUrl = 'https://api.pwnedpasswords.com/range/', timeoutMs = 1_000, onUnavailable } = options

  const readRange = async (prefix: string, signal: AbortSignal): Promise<string | undefined> => {
    const headers = { accept: 'text/plain', 'add-padding': 'true', 'user-agent': 'latchkey' }
    // A redirect would take the prefix to somebody whom nobody configured.
    const response = await fetch(new URL(prefix, rangeUrl).href, { headers, redirect: 'error', signal })
    if (response.ok) return response.text()
    await response.body?.cancel()
    return undefined
  }

  return {
    async includes(password) {
      const digest = sha1Hex(reveal(password.secret))
      const abort = new AbortController()
      const timeout = Promise.withResolvers<'timeout'>()
      const cancelTimeout = timers.after(timeoutMs, () => {
        timeout.resolve('timeout')
        abort.abort()
      })
      const range = readRange(digest.slice(0, 5), abort.signal).then(
        (text) => ({ text, failure: 'refused' as const }),
        () => ({ text: undefined, failure: 'unreachable' as const }),
      )
      // Raced as well as aborted: an injected fetch may not listen to the signal.
      const answer = await Promise.race([range, timeout.promise])
      cancelTimeout()
      if (answer === 'timeout') return unavailable('timeout')
      return answer.text === undefined ? unavailable(answer.failure) : lists(answer.text, digest.slice(5))
    },
  }

  function unavailable(reason: BreachListFailure): false {
    onUnavailable?.(reason)
    return false
  }
}

/** Lines are `SUFFIX:COUNT`; padding has the count 0. */
function lists(range: string, suffix: string): boolean {
  return range.split('\n').some((line) => {
    const [listed, count] = line.trim().split(':')
    return listed?.toUpperCase() === suffix && Number(count) > 0
  })
}
