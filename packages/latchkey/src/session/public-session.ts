import type { Aal } from '../assurance/assurance.ts'
import { toIsoTimestamp } from '../platform/timestamp.ts'
import type { Session } from './session.ts'

/** What leaves the engine about a session. */
export interface PublicSession {
  readonly id: string
  readonly aal: Aal
  /** RFC 8176 values, each once, in the order of the proofs. */
  readonly amr: readonly string[]
  readonly authenticatedAt: string
  readonly createdAt: string
  readonly expiresAt: string
}

/** A row of the device list. */
export interface ListedSession extends PublicSession {
  readonly lastSeenAt: string
  readonly ip: string | null
  readonly userAgent: string | null
  /** The session that asks. */
  readonly current: boolean
}

export function publicSession(session: Session): PublicSession {
  return {
    id: session.id,
    aal: session.aal,
    amr: [...new Set(session.amr.map((entry) => entry.amr))],
    authenticatedAt: toIsoTimestamp(session.authenticatedAt),
    createdAt: toIsoTimestamp(session.createdAt),
    expiresAt: toIsoTimestamp(session.expiresAt),
  }
}

export function listedSession(session: Session, currentId: string | null): ListedSession {
  return {
    ...publicSession(session),
    lastSeenAt: toIsoTimestamp(session.lastSeenAt),
    ip: session.ip,
    userAgent: session.userAgent,
    current: session.id === currentId,
  }
}
