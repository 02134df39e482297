/** One DER element (X.690): tag, content, and where the next begins. */
export interface Der {
  readonly tag: number
  readonly content: Uint8Array
  readonly end: number
}

export function readDer(bytes: Uint8Array, offset = 0): Der | undefined {
  let tag = bytes[offset]
  let at = offset + 1
  if (tag === undefined) return undefined
  if ((tag & 0x1f) === 0x1f) {
    // A tag number of several septets; Android's list has them up to 16 bits.
    let number = 0
    for (let septet = 0x80; (septet & 0x80) !== 0; at++) {
      septet = bytes[at] ?? 0
      number = number * 128 + (septet & 0x7f)
      if (number > 0xffff) return undefined
    }
    tag = (tag & 0xe0) * 0x10000 + number
  }
  const short = bytes[at]
  if (short === undefined) return undefined
  at += 1
  let length = short
  if (short >= 0x80) {
    const size = short & 0x7f
    if (size === 0 || size > 3) return undefined
    length = 0
    for (let index = 0; index < size; index++) length = length * 256 + (bytes[at + index] ?? 0)
    at += size
  }
  const end = at + length
  return end > bytes.length ? undefined : { tag, content: bytes.subarray(at, end), end }
}

/** The elements of a constructed content, in order; `undefined` when it does not end where it should. */
export function elementsOf(content: Uint8Array): readonly Der[] | undefined {
  const elements: Der[] = []
  for (let at = 0; at < content.length;) {
    const element = readDer(content, at)
    if (element === undefined) return undefined
    elements.push(element)
    at = element.end
  }
  return elements
}

/** The value of a certificate's extension, by its object identifier in dots (RFC 5280 section 4.1.2.9). */
export function extensionOf(certificate: Uint8Array, objectIdentifier: string): Uint8Array | undefined {
  const whole = readDer(certificate)
  const signed = whole === undefined ? undefined : readDer(whole.content)
  const fields = signed === undefined ? undefined : elementsOf(signed.content)
  const tagged = fields?.find((field) => field.tag === 0xa3)
  const list = tagged === undefined ? undefined : readDer(tagged.content)
  const wanted = encodeObjectIdentifier(objectIdentifier)
  for (const extension of (list === undefined ? undefined : elementsOf(list.content)) ?? []) {
    const parts = elementsOf(extension.content)
    const [name, value] = [parts?.[0], parts?.at(-1)]
    if (name?.tag !== 0x06 || value?.tag !== 0x04) continue
    if (name.content.length === wanted.length && name.content.every((byte, index) => byte === wanted[index]))
      return value.content
  }
  return undefined
}

/** The content of an OBJECT IDENTIFIER. */
export function encodeObjectIdentifier(text: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  const bytes: number[] = []
  for (const arc of [first * 40 + second, ...rest]) {
    const septets = [arc % 128]
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) septets.unshift((left % 128) + 128)
    bytes.push(...septets)
  }
  return Uint8Array.from(bytes)
}
