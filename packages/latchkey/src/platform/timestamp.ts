/** ISO 8601 in UTC, as instants appear on the wire. */
export function toIsoTimestamp(at: number): string {
  return new Date(at).toISOString()
}

/** As the library's callers get instants. */
export function toDate(at: number): Date {
  return new Date(at)
}
