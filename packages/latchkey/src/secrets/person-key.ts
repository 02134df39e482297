import { createSecretKey, type KeyObject } from 'node:crypto'
import { fromBase64Url, toBase64Url } from '../platform/bytes.ts'
import { LatchkeyError } from '../platform/errors.ts'
import type { Random } from '../platform/random.ts'
import type { KeyRing } from './key-ring.ts'

/**
 * Each person has a key of their own, sealed in the user row. The person's fields in the audit log are sealed with it, so that erasing
 * the user makes them unreadable while the log stays whole (design rule 13).
 */
export function mintPersonKey(keys: KeyRing, random: Random, userId: string): string {
  return keys.seal(`person-key/${userId}`, toBase64Url(random.bytes(32)))
}

/** @throws LatchkeyError `key_unknown`, `sealed_value_broken` */
export function openPersonKey(keys: KeyRing, userId: string, sealed: string): KeyObject {
  const key = fromBase64Url(keys.open(`person-key/${userId}`, sealed))
  if (key?.length !== 32) throw new LatchkeyError('sealed_value_broken')
  return createSecretKey(key)
}

const keysOfNobody = new WeakMap<KeyRing, string>()

/** Opens a key of nobody, for nothing: an event about an address without an account takes as long as one about a person (design rule 8). */
export function openKeyOfNobody(keys: KeyRing, random: Random): void {
  let sealed = keysOfNobody.get(keys)
  if (sealed === undefined) {
    sealed = mintPersonKey(keys, random, 'nobody')
    keysOfNobody.set(keys, sealed)
  }
  openPersonKey(keys, 'nobody', sealed)
}
