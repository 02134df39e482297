import { concatBytes, toUtf8 } from '../platform/bytes.ts'

export type Encodable = number | string | Uint8Array | ReadonlyMap<number | string, Encodable>

/** As authenticators write (RFC 8949 section 4.2.1); keys come in the order of the map. */
export function encodeCbor(value: Encodable): Uint8Array {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === 'string') {
    const text = toUtf8(value)
    return concatBytes(head(3, text.length), text)
  }
  if (value instanceof Uint8Array) return concatBytes(head(2, value.length), value)
  const entries = [...value].flatMap(([key, item]) => [encodeCbor(key), encodeCbor(item)])
  return concatBytes(head(5, value.size), ...entries)
}

function head(major: number, length: number): Uint8Array {
  const type = major << 5
  if (length < 24) return Uint8Array.of(type | length)
  if (length < 0x100) return Uint8Array.of(type | 24, length)
  if (length < 0x10000) return Uint8Array.of(type | 25, length >> 8, length & 255)
  return Uint8Array.of(type | 26, length >>> 24, (length >> 16) & 255, (length >> 8) & 255, length & 255)
}
