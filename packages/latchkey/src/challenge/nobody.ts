import type { Core } from '../core/core.ts'
import { brand } from '../platform/brand.ts'
import { fromBase64Url } from '../platform/bytes.ts'
import type { UserId } from '../user/user.ts'

/**
 * Who stands for an address that has no account, or a blocked one: one id an address, from before all time, so that no user can have it. Rows that are
 * issued for nobody are found and spent by the next request as a person's are; a null in their place would make them cheaper, and the clock would tell
 * (design rule 8).
 */
export function nobodyOf({ keys }: Pick<Core, 'keys'>, account: string): UserId {
  // 20 characters are 15 whole bytes; all 22 would end in half a byte.
  const bytes = fromBase64Url(keys.pseudonym('nobody', account).slice(0, 20))
  if (bytes === undefined) throw new TypeError('a pseudonym is base64url')
  let hex = ''
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0')
  return brand<UserId>(`00000000-0000-7${hex.slice(0, 3)}-8${hex.slice(3, 6)}-${hex.slice(6, 18)}`)
}
