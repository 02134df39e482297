import { fromUtf8 } from '../../../platform/bytes.ts'

/** What authenticators write (CTAP2 canonical CBOR): no floats, tags, indefinite lengths or integers beyond 2^53. */
export type Cbor = number | string | boolean | null | Uint8Array | readonly Cbor[] | CborMap
export type CborMap = ReadonlyMap<number | string, Cbor>

/** Deep enough for every attestation statement; an attacker's nesting ends here and not at the end of the stack. */
const maxDepth = 8

/** The item that begins at `offset`, and where it ends; `undefined` for anything else than well-formed CBOR of the kind above. */
export function decodeCbor(bytes: Uint8Array, offset = 0): { readonly value: Cbor; readonly end: number } | undefined {
  try {
    return readItem(bytes, offset, 0)
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) return undefined
    throw error
  }
}

interface Item {
  readonly value: Cbor
  readonly end: number
}

// RFC 8949 section 3: three bits of major type, five of length or of how the length follows.
function readItem(bytes: Uint8Array, offset: number, depth: number): Item {
  if (depth > maxDepth) throw new RangeError('nested too deeply')
  const first = byteAt(bytes, offset)
  const major = first >> 5
  if (major === 7) return { value: simpleValue(first & 0x1f), end: offset + 1 }
  const { length, at } = readLength(bytes, offset, first & 0x1f)
  switch (major) {
    case 0:
      return { value: length, end: at }
    case 1:
      return { value: -1 - length, end: at }
    case 2:
      return { value: bytesAt(bytes, at, length), end: at + length }
    case 3:
      return { value: fromUtf8(bytesAt(bytes, at, length)), end: at + length }
    case 4:
      return readArray(bytes, at, length, depth)
    case 5:
      return readMap(bytes, at, length, depth)
    default:
      throw new RangeError('a tag')
  }
}

function readArray(bytes: Uint8Array, start: number, length: number, depth: number): Item {
  const items: Cbor[] = []
  let end = start
  for (let index = 0; index < length; index++) {
    const item = readItem(bytes, end, depth + 1)
    items.push(item.value)
    end = item.end
  }
  return { value: items, end }
}

function readMap(bytes: Uint8Array, start: number, length: number, depth: number): Item {
  const entries = new Map<number | string, Cbor>()
  let end = start
  for (let index = 0; index < length; index++) {
    const key = readItem(bytes, end, depth + 1)
    const value = readItem(bytes, key.end, depth + 1)
    if ((typeof key.value !== 'number' && typeof key.value !== 'string') || entries.has(key.value))
      throw new RangeError('a key twice, or of another kind')
    entries.set(key.value, value.value)
    end = value.end
  }
  return { value: entries, end }
}

function readLength(bytes: Uint8Array, offset: number, info: number): { readonly length: number; readonly at: number } {
  if (info < 24) return { length: info, at: offset + 1 }
  if (info > 27) throw new RangeError('an indefinite length')
  const size = 2 ** (info - 24)
  let length = 0
  for (let index = 1; index <= size; index++) length = length * 256 + byteAt(bytes, offset + index)
  if (!Number.isSafeInteger(length)) throw new RangeError('beyond 2^53')
  return { length, at: offset + 1 + size }
}

function simpleValue(info: number): boolean | null {
  if (info === 20) return false
  if (info === 21) return true
  if (info === 22) return null
  throw new RangeError('a float or an unknown simple value')
}

function byteAt(bytes: Uint8Array, offset: number): number {
  const byte = bytes[offset]
  if (byte === undefined) throw new RangeError('cut short')
  return byte
}

function bytesAt(bytes: Uint8Array, offset: number, length: number): Uint8Array {
  if (offset + length > bytes.length) throw new RangeError('cut short')
  return bytes.subarray(offset, offset + length)
}
