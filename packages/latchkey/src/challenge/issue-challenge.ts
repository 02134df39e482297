import type { Core } from '../core/core.ts'
import { brand } from '../platform/brand.ts'
import { toBase64Url } from '../platform/bytes.ts'
import type { Random } from '../platform/random.ts'
import type { SessionMode } from '../session/session.ts'
import type { Write } from '../store/writes.ts'
import type { UserId } from '../user/user.ts'
import type { Challenge, ChallengeId } from './challenge.ts'
import { sealChallengeData, type ChallengeData } from './challenge-data.ts'
import { bindingDigest, formatHandle } from './handle.ts'

type Ports = Pick<Core, 'keys' | 'ids' | 'clock' | 'random' | 'settings'>

export interface IssueChallenge<Purpose extends keyof ChallengeData> {
  readonly purpose: Purpose
  readonly userId: UserId | null
  /** Pseudonym of the address, part of the handle: the account's budget is charged before the row is read. */
  readonly account: string
  /** `cookie` binds it to the browser that began it. */
  readonly mode: SessionMode
  /**
   * A binding that the browser holds already and goes on with, so that what merely opening a page begins does not cut off a sign-in that is
   * pending there. Default: a fresh one.
   */
  readonly heldBinding?: string | undefined
  readonly ttlMs: number
  /** `real`: a code that can be typed. `decoy`: a row that no code opens, for addresses that must not be told apart. `none`: no code. */
  readonly code: 'real' | 'decoy' | 'none'
  /** Life of the code. Default `settings.code.ttlMs`. */
  readonly codeTtlMs?: number
  readonly data: ChallengeData[Purpose]
}

export interface IssuedChallenge {
  readonly challenge: Challenge
  /** What the holder presents: `<id>.<secret>.<account>`, with `.u` behind it where no browser is bound. */
  readonly handle: string
  /** For the cookie of the browser that began it; `null` in token mode, and where it holds one already. */
  readonly binding: string | null
  /** Six digits for the mail; `null` unless the code is real. */
  readonly code: string | null
  readonly write: Write
}

/** The one maker of single-use secrets (design rule 3). Nothing is stored until `write` is committed. */
export function issueChallenge<Purpose extends keyof ChallengeData>(
  { keys, ids, clock, random, settings }: Ports,
  input: IssueChallenge<Purpose>,
): IssuedChallenge {
  const now = clock.now()
  const id = brand<ChallengeId>(ids.next())
  const handle = formatHandle(keys, id, input.account, { unbound: input.mode === 'token' })
  const held = input.mode === 'cookie' ? bindingDigest(keys, input.heldBinding) : null
  const minted = input.mode === 'cookie' && held === null ? keys.mintToken('binding') : null
  const code = input.code === 'none' ? null : mintCode(random)
  const challenge: Challenge = {
    id,
    purpose: input.purpose,
    userId: input.userId,
    handleDigest: handle.digest,
    bindingDigest: minted?.digest ?? held,
    codeDigest:
      code === null
        ? null
        : keys.digestCode(input.purpose, id, input.code === 'real' ? code : toBase64Url(random.bytes(32))),
    codeExpiresAt: code === null ? null : now + (input.codeTtlMs ?? settings.code.ttlMs),
    sends: code === null ? 0 : 1,
    attempts: 0,
    maxAttempts: settings.code.maxAttempts,
    version: 0,
    data: sealChallengeData(keys, input.purpose, id, input.data),
    createdAt: now,
    expiresAt: now + input.ttlMs,
    consumedAt: null,
  }
  return {
    challenge,
    handle: handle.text,
    binding: minted?.token ?? null,
    code: input.code === 'real' ? code : null,
    write: { kind: 'issueChallenge', challenge },
  }
}

/** Six uniform digits: 19.9 bits, which ASVS 6.5.4 rounds to the 20 it asks for, behind five attempts. */
export function mintCode(random: Random): string {
  return random.integer(1_000_000).toString().padStart(6, '0')
}
