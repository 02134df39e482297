import { toBase64Url } from '../platform/bytes.ts'
import type { Random } from '../platform/random.ts'
import { deriveToken, type KeyRing } from '../secrets/key-ring.ts'
import { parseSessionId, type SessionId } from './session.ts'

/**
 * `<session id>.<family secret>.<turn secret>`. The family secret says whose it is and never changes; the turn secret is good for one
 * turn. The successor is derived from the turn secret and a stored salt, so that the same token turned twice within the grace gives the
 * same successor without any secret being stored.
 */
export interface RefreshToken {
  readonly sessionId: SessionId
  readonly family: string
  readonly familyDigest: string
  readonly turn: string
  readonly turnDigest: string
}

export function mintRefreshToken(
  keys: KeyRing,
  random: Random,
  sessionId: SessionId,
): RefreshToken & { readonly text: string } {
  const family = keys.mintToken('refresh-family')
  const turn = toBase64Url(random.bytes(32))
  const turnDigest = digestTurn(keys, family.token, turn)
  return {
    sessionId,
    family: family.token,
    familyDigest: family.digest,
    turn,
    turnDigest,
    text: formatRefreshToken(sessionId, family.token, turn),
  }
}

export function parseRefreshToken(keys: KeyRing, text: string): RefreshToken | undefined {
  if (text.length > 160) return undefined
  const parts = text.split('.')
  const [idText, family, turn] = parts
  if (parts.length !== 3 || idText === undefined || family === undefined || turn === undefined) return undefined
  const sessionId = parseSessionId(idText)
  const familyDigest = keys.digestToken('refresh-family', family)
  if (sessionId === undefined || familyDigest === undefined || !/^[A-Za-z0-9_-]{43}$/.test(turn)) return undefined
  return { sessionId, family, familyDigest, turn, turnDigest: digestTurn(keys, family, turn) }
}

/** The token that follows `token` under `salt`, and its digest. */
export function successorOf(
  keys: KeyRing,
  token: RefreshToken,
  salt: string,
): { readonly text: string; readonly turnDigest: string } {
  const turn = deriveToken(token.turn, `latchkey/refresh-turn\n${token.sessionId}\n${salt}`)
  return {
    text: formatRefreshToken(token.sessionId, token.family, turn),
    turnDigest: digestTurn(keys, token.family, turn),
  }
}

function formatRefreshToken(sessionId: SessionId, family: string, turn: string): string {
  return `${sessionId}.${family}.${turn}`
}

function digestTurn(keys: KeyRing, family: string, turn: string): string {
  const digest = keys.digestUnder(family, 'refresh-turn', turn)
  if (digest === undefined) throw new TypeError('the family was checked before')
  return digest
}
