import type { WriteOf } from '../../store/writes.ts'
import type { Table, Tables } from './tables.ts'

/** The rows of one kind that ended before the given time, at most `limit` of them, oldest first. */
export function removeExpired(tables: Tables, { what, before, limit }: WriteOf<'removeExpired'>): number {
  const ended = (at: number | null): boolean => at !== null && at < before
  switch (what) {
    case 'challenges':
      return removeFirst(tables.challenges, limit, ({ expiresAt }) => ended(expiresAt))
    case 'sessions':
      return removeFirst(tables.sessions, limit, ({ expiresAt, revokedAt }) => ended(revokedAt ?? expiresAt))
    case 'devices':
      return removeFirst(tables.devices, limit, ({ expiresAt }) => ended(expiresAt))
    case 'messages':
      return removeFirst(tables.messages, limit, ({ settledAt }) => ended(settledAt))
    case 'budgets':
      return tables.budgets.removeExpired(before, limit)
    case 'changes':
      return removeFirst(tables.changes, limit, ({ at }) => ended(at))
    case 'signing-keys':
      return removeFirst(tables.signingKeys, limit, ({ state, retiredAt }) => state === 'previous' && ended(retiredAt))
    case 'events':
      return removeFirst(tables.events, limit, ({ at }) => ended(at))
    default:
      return what satisfies never
  }
}

function removeFirst<Key extends string | number, Row>(
  table: Table<Key, Row>,
  limit: number,
  isOver: (row: Row) => boolean,
): number {
  return table.remove(table.all(isOver).slice(0, limit))
}
