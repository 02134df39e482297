import type { Core } from '../core/core.ts'
import type { Settings } from '../core/settings.ts'
import { prepareTrim } from '../audit/trim-events.ts'
import { dayMs, hourMs, minuteMs } from '../platform/clock.ts'
import type { Expirable } from '../store/writes.ts'

export type RetentionPorts = Pick<Core, 'store' | 'clock' | 'settings' | 'keys' | 'ids' | 'random'>

/** For each kind of row the instant before which it is over; `undefined`: leave it alone this time. */
export const retention: {
  readonly [What in Expirable]: (ports: RetentionPorts, now: number) => number | undefined | Promise<number | undefined>
} = {
  // A registration's hash and fields are held for its life and no longer (design rule 4). The hour is for people who come too late: they
  // are told that it has expired. What happened stands in the audit log.
  challenges: (_ports, now) => now - hourMs,
  sessions: ({ settings }, now) => now - settings.retention.endedMs,
  devices: (_ports, now) => now,
  messages: ({ settings }, now) => now - settings.retention.endedMs,
  budgets: ({ settings }, now) => now - longestWindowMs(settings),
  // Nodes read the feed twice a second and drop their caches after a gap; a day is for whoever wonders what a node saw.
  changes: (_ports, now) => now - dayMs,
  // A node signs with the key that it knows for up to a minute after the rotation; then the last token has to expire, and clocks differ.
  'signing-keys': ({ settings }, now) => now - settings.accessToken.ttlMs - 5 * minuteMs,
  events: (ports, now) => prepareTrim(ports, now - ports.settings.retention.eventsMs),
}

/** Budgets that are younger may still be counted by somebody; a day, because applications have windows of their own. */
function longestWindowMs({ limits }: Settings): number {
  return (
    Math.max(dayMs, ...Object.values(limits).map(({ windowMs }: { readonly windowMs: number }) => windowMs)) + hourMs
  )
}
