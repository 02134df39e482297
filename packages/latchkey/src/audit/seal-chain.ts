import type { KeyRing } from '../secrets/key-ring.ts'
import type { AuditSeal, EventId } from './audit-event.ts'

export const sealLabel = 'audit-seal'

/**
 * Events in one seal at most. Small enough that a finding points at a small range and that a range fits into memory, large enough that
 * the seals of a year are few.
 */
export const maxEventsPerSeal = 500

/** The text under a seal's MAC: its fields, the seal before it, and the MACs of its rows in their order (design rule 13). */
export function sealText(seal: Omit<AuditSeal, 'mac'>, previousMac: string, rowMacs: readonly string[]): string {
  return JSON.stringify([seal.sequence, seal.firstId, seal.lastId, seal.count, seal.createdAt, previousMac, rowMacs])
}

/** What the first seal has before it. */
export const noSealMac = ''

/** Whether the key under which a MAC was made is still in the ring; without it nothing can be said about the row. */
export function isKeyKnown(keys: Pick<KeyRing, 'keyIds'>, mac: string): boolean {
  return keys.keyIds.some((id) => mac.startsWith(id))
}

/** Where the log stood: kept outside the database, it shows a tail that was cut off, which the chain alone cannot. */
export interface SealAnchor {
  readonly sequence: number
  readonly lastId: EventId
  readonly mac: string
}

export function anchorOf({ sequence, lastId, mac }: AuditSeal): SealAnchor {
  return { sequence, lastId, mac }
}
