/** ISO 8601 in UTC, as instants appear on the wire. */
export function toIsoTimestamp(at: number): string {
  return new Date(at).toISOString()
}
