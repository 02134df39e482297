import type { KeyRing } from '../secrets/key-ring.ts'
import type { AttemptCharge } from '../throttle/budget.ts'
import { parseChallengeId, type ChallengeId, type ChallengePurpose } from './challenge.ts'

/** A presented handle, spelled right; whether it is anybody's, the store says. */
export interface Handle {
  readonly challengeId: ChallengeId
  readonly digest: string
  /** Pseudonym of the address. Covered by the digest: another account's would not match the row. */
  readonly account: string
}

/**
 * Stands at the end of a handle that no browser's cookie binds, covered by the digest. Whoever began the attempt can hand such a handle on: a page that is
 * given one in its address must not let somebody else finish what is not theirs.
 */
const unboundMark = '.u'

export function formatHandle(
  keys: KeyRing,
  id: ChallengeId,
  account: string,
  { unbound = false }: { readonly unbound?: boolean } = {},
): { readonly text: string; readonly digest: string } {
  const behind = `.${account}${unbound ? unboundMark : ''}`
  const { token, digest } = keys.mintToken('handle', behind)
  return { text: `${id}.${token}${behind}`, digest }
}

export function parseHandle(keys: KeyRing, text: string): Handle | undefined {
  if (text.length > 160) return undefined
  const mark = text.endsWith(unboundMark) ? unboundMark : ''
  const parts = text.slice(0, text.length - mark.length).split('.')
  const [idText, token, account] = parts
  if (parts.length !== 3 || idText === undefined || token === undefined || account === undefined) return undefined
  const challengeId = parseChallengeId(idText)
  if (challengeId === undefined || !/^[A-Za-z0-9_-]{22}$/.test(account)) return undefined
  const digest = keys.digestToken('handle', token, `.${account}${mark}`)
  return digest === undefined ? undefined : { challengeId, digest, account }
}

/** The charge for one attempt with this handle from this browser. */
export function attemptCharge(
  keys: KeyRing,
  handle: Handle,
  { binding, purposes }: { readonly binding: string | undefined; readonly purposes: readonly ChallengePurpose[] },
): AttemptCharge {
  return {
    kind: 'attempt',
    challengeId: handle.challengeId,
    purposes,
    handleDigest: handle.digest,
    bindingDigest: bindingDigest(keys, binding),
  }
}

export function bindingDigest(keys: KeyRing, binding: string | undefined): string | null {
  return (binding === undefined ? undefined : keys.digestToken('binding', binding)) ?? null
}
