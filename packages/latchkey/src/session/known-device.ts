import type { Core } from '../core/core.ts'
import { brand } from '../platform/brand.ts'
import { equal } from '../secrets/equal.ts'
import type { Write } from '../store/writes.ts'
import { accountKey } from '../throttle/charges.ts'
import type { UserId } from '../user/user.ts'
import { parseDeviceId, type DeviceId } from './device.ts'

/** The browser becomes a known device of the user: random per user and browser, stored as a digest (design rule 2). */
export function rememberDevice(
  { keys, ids, clock, settings }: Pick<Core, 'keys' | 'ids' | 'clock' | 'settings'>,
  userId: UserId,
): { readonly token: string; readonly write: Write } {
  const id = brand<DeviceId>(ids.next())
  const secret = keys.mintToken('device')
  const now = clock.now()
  return {
    token: `${id}.${secret.token}`,
    write: {
      kind: 'rememberDevice',
      device: { id, userId, secretDigest: secret.digest, createdAt: now, expiresAt: now + settings.deviceTtlMs },
    },
  }
}

/** What a device was recognised as, and for which account. */
export interface Recognised {
  readonly account: string
  readonly device: DeviceId | null
}

/** The device when it is a known one of the user with this account key; it proves nothing by itself. */
export async function recogniseDevice(
  { store, keys, clock }: Pick<Core, 'store' | 'keys' | 'clock'>,
  { presented, account }: { readonly presented: string | undefined; readonly account: string },
): Promise<DeviceId | null> {
  if (presented?.indexOf('.') !== 36) return null
  const id = parseDeviceId(presented.slice(0, 36))
  const digest = keys.digestToken('device', presented.slice(37))
  if (id === undefined || digest === undefined) return null
  const found = await store.findDevice(id)
  if (found === undefined || found.device.expiresAt <= clock.now()) return null
  if (accountKey({ keys }, found.email) !== account) return null
  return equal(found.device.secretDigest, digest) ? id : null
}
