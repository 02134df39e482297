import { brand, type Brand } from '../platform/brand.ts'
import { isId } from '../platform/ids.ts'
import type { UserId } from '../user/user.ts'

export type DeviceId = Brand<string, 'DeviceId'>

export function parseDeviceId(text: string): DeviceId | undefined {
  return isId(text) ? brand<DeviceId>(text) : undefined
}

/** A browser in which the user once signed in fully. It spares the new-device code and has its own password budget, nothing more. */
export interface Device {
  readonly id: DeviceId
  readonly userId: UserId
  readonly secretDigest: string
  readonly createdAt: number
  readonly expiresAt: number
}
