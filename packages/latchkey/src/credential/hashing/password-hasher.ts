import { toUtf8 } from '../../platform/bytes.ts'
import type { Clock } from '../../platform/clock.ts'
import { createLoopDelay, type LoopDelay } from '../../platform/loop-delay.ts'
import { availableCores, threadPoolSize } from '../../platform/processors.ts'
import type { Random } from '../../platform/random.ts'
import { reveal, type Redacted } from '../../platform/redacted.ts'
import { yieldToLoop } from '../../platform/thread-pool.ts'
import { createAdmission } from './admission.ts'
import { argon2idVerifier, hashArgon2id, unmatchableArgon2id } from './argon2id.ts'
import { resolveArgon2Parameters, type Argon2Options } from './argon2-parameters.ts'
import { bcryptVerifier } from './bcrypt.ts'
import type { HashInspection, PasswordVerifier, UnusableHashReason } from './verifier.ts'

/** A password as it was typed: NFC-normalised, length-capped, and unable to print itself. Minted by `rawPassword` alone. */
export interface RawPassword {
  readonly __rawPassword: true
  readonly secret: Redacted
}

export type VerifyPasswordResult =
  | { readonly ok: true; /** The stored hash is weaker than today's policy. */ readonly needsRehash: boolean }
  | { readonly ok: false }

/**
 * Hashes off the event loop, never more at once than admission allows (design section 5).
 * Every member throws `LatchkeyError` `hashing_overloaded` (503) when the queue is full.
 */
export interface PasswordHasher {
  hash(password: RawPassword, network: string): Promise<string>
  /** A hash that is broken, unknown or above the caps matches nothing, after the work of `verifyNothing`. */
  verify(password: RawPassword, hash: string, network: string): Promise<VerifyPasswordResult>
  /** The same work as `verify` of a current hash, for an address that nobody has: equal number of hashes, equal parameters. */
  verifyNothing(password: RawPassword, network: string): Promise<void>
  readonly stats: () => HashingStats
}

export interface HashingStats {
  readonly running: number
  readonly queued: number
  /** How many may run at once just now. */
  readonly admitted: number
  /** Ended, well or badly. */
  readonly completed: number
  /** Refused with `hashing_overloaded`, before any work. */
  readonly shed: number
  /** The most that ever ran at once. */
  readonly peakRunning: number
}

export interface PasswordHasherOptions extends Argon2Options {
  readonly clock: Clock
  readonly random: Random
  /**
   * How many hashes run at once while the event loop keeps up. Default: the cores, but one thread of libuv's pool stays free for
   * DNS and files; with four cores or more, raise `UV_THREADPOOL_SIZE` above their number to use them all.
   */
  readonly slots?: number
  /** How many more wait, over all networks. Default 64 a slot. */
  readonly maxQueued?: number
  /** How many of one network wait. Default half of `maxQueued`. */
  readonly maxQueuedPerNetwork?: number
  readonly loopDelay?: LoopDelay
  /**
   * From the first hash on, the threads of libuv's pool go behind the event loop where both want the same core, so that requests
   * are answered between hashes at no cost to either (Linux). It concerns the whole process, files and DNS too. Default true.
   */
  readonly yieldToLoop?: boolean
  /** More families of stored hashes, asked after Argon2id and bcrypt. */
  readonly verifiers?: readonly PasswordVerifier[]
  /** Told when a stored hash cannot be used, so that an operator learns why its owner cannot sign in. */
  readonly onUnusableHash?: (reason: UnusableHashReason) => void
}

/**
 * Argon2id for new hashes; stored ones are recognised by their prefix.
 *
 * @throws LatchkeyError `config_invalid` for parameters below OWASP's list (ASVS 11.4.2)
 * @example
 * const hasher = createPasswordHasher({ clock: systemClock, random: systemRandom })
 * const hash = await hasher.hash(password, context.network)
 */
export function createPasswordHasher(options: PasswordHasherOptions): PasswordHasher {
  const { clock, random, slots = defaultSlots(), loopDelay = createLoopDelay(), onUnusableHash } = options
  const { maxQueued, maxQueuedPerNetwork } = options
  const parameters = resolveArgon2Parameters(options)
  const verifiers = [argon2idVerifier, bcryptVerifier, ...(options.verifiers ?? [])]
  const admission = createAdmission({ clock, loopDelay, slots, maxQueued, maxQueuedPerNetwork })
  const offTheLoop = <Result>(network: string, work: () => Promise<Result>): Promise<Result> =>
    admission.run(network, async () => {
      const result = await work()
      if (options.yieldToLoop !== false) yieldToLoop()
      return result
    })

  // Made here and never published: a constant would tell who sees a dump or a profile which verifications were for nobody.
  let unmatchable: string | undefined
  const workForNothing = async (password: RawPassword): Promise<void> => {
    unmatchable ??= unmatchableArgon2id(parameters, random)
    await argon2idVerifier.verify(bytesOf(password), unmatchable)
  }

  return {
    hash: (password, network) => offTheLoop(network, () => hashArgon2id(bytesOf(password), parameters, random)),
    verify: (password, hash, network) =>
      offTheLoop(network, async () => {
        const verifier = verifierOf(verifiers, hash)
        const inspection: HashInspection = verifier?.inspect(hash) ?? { ok: false, reason: 'unknown_scheme' }
        if (verifier === undefined || !inspection.ok) {
          if (!inspection.ok) onUnusableHash?.(inspection.reason)
          await workForNothing(password)
          return { ok: false }
        }
        const matches = await verifier.verify(bytesOf(password), hash)
        return matches ? { ok: true, needsRehash: inspection.needsRehash(parameters) } : { ok: false }
      }),
    verifyNothing: (password, network) => offTheLoop(network, () => workForNothing(password)),
    stats: admission.stats,
  }
}

/** Whether a stored hash should be replaced after the next right password. Also true of one that cannot be used at all. */
export function needsRehash(hash: string, options?: Argon2Options): boolean {
  const inspection = verifierOf([argon2idVerifier, bcryptVerifier], hash)?.inspect(hash)
  return inspection?.ok !== true || inspection.needsRehash(resolveArgon2Parameters(options))
}

export function defaultSlots(): number {
  return Math.min(availableCores(), Math.max(1, threadPoolSize() - 1))
}

function verifierOf(verifiers: readonly PasswordVerifier[], hash: string): PasswordVerifier | undefined {
  return verifiers.find(({ prefixes }) => prefixes.some((prefix) => hash.startsWith(prefix)))
}

function bytesOf(password: RawPassword): Uint8Array {
  return toUtf8(reveal(password.secret))
}
