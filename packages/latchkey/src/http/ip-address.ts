/** An address in its one spelling, and the key that network budgets count. */
export interface IpAddress {
  /** IPv4 dotted, IPv6 as RFC 5952 writes it; an IPv4-mapped IPv6 address is its IPv4 address. */
  readonly text: string
  /** The IPv4 address, or the /64 of an IPv6 address: whoever has one IPv6 address has all 2^64 of its network. */
  readonly network: string
  /** 4 or 16 numbers of 8 bits. */
  readonly bytes: readonly number[]
}

/** `undefined` for everything that is not exactly one address; a zone (`fe80::1%eth0`) is dropped. */
export function parseIpAddress(text: string): IpAddress | undefined {
  if (text.length > 64) return undefined
  if (!text.includes(':')) {
    const bytes = parseIpv4(text)
    return bytes === undefined ? undefined : { text, network: text, bytes }
  }
  const zone = text.indexOf('%')
  const groups = parseIpv6(zone === -1 ? text : text.slice(0, zone))
  if (groups === undefined) return undefined
  const bytes = groups.flatMap((group) => [group >> 8, group & 0xff])
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
  if (mapped) return ipv4(bytes.slice(12))
  const network = `${compressed([...groups.slice(0, 4), 0, 0, 0, 0])}/64`
  return { text: compressed(groups), network, bytes }
}

/** `10.0.0.0/8`, `2001:db8::/32` or a single address. */
export interface Cidr {
  readonly bytes: readonly number[]
  readonly bits: number
}

/** Throws `TypeError` on anything else: a typing error in a list of proxies must not pass as "nobody". */
export function parseCidr(text: string): Cidr {
  const slash = text.indexOf('/')
  const address = parseIpAddress(slash === -1 ? text : text.slice(0, slash))
  const most = address === undefined ? 0 : address.bytes.length * 8
  const bits = slash === -1 ? most : Number(text.slice(slash + 1))
  const spelled = slash === -1 || /^\d{1,3}$/.test(text.slice(slash + 1))
  if (address === undefined || !spelled || bits > most) throw new TypeError(`not an address or CIDR block: ${text}`)
  return { bytes: address.bytes, bits }
}

export function isInside(address: IpAddress, block: Cidr): boolean {
  if (address.bytes.length !== block.bytes.length) return false
  const whole = block.bits >> 3
  for (let i = 0; i < whole; i++) if (address.bytes[i] !== block.bytes[i]) return false
  const rest = block.bits & 7
  if (rest === 0) return true
  const mask = 0xff << (8 - rest)
  return ((address.bytes[whole] ?? 0) & mask) === ((block.bytes[whole] ?? 0) & mask)
}

function ipv4(bytes: readonly number[]): IpAddress {
  const text = bytes.join('.')
  return { text, network: text, bytes }
}

/** Strict: four decimal numbers, no leading zeros (`010` is 8 to some parsers), no short forms. */
function parseIpv4(text: string): readonly number[] | undefined {
  const bytes: number[] = []
  let value: number | undefined
  for (let at = 0; at <= text.length; at++) {
    const code = at === text.length ? dot : text.charCodeAt(at)
    if (code === dot) {
      if (value === undefined) return undefined
      bytes.push(value)
      value = undefined
    } else {
      if (code < 0x30 || code > 0x39 || value === 0) return undefined
      value = (value ?? 0) * 10 + code - 0x30
      if (value > 255) return undefined
    }
  }
  return bytes.length === 4 ? bytes : undefined
}

const dot = 0x2e

/** Eight groups of 16 bits (RFC 4291 section 2.2). */
function parseIpv6(text: string): readonly number[] | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = parseGroups(halves[0] ?? '', halves.length === 1)
  const tail = halves.length === 1 ? [] : parseGroups(halves[1] ?? '', true)
  if (head === undefined || tail === undefined) return undefined
  const missing = 8 - head.length - tail.length
  // `::` stands for at least one group.
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined
  return [...head, ...new Array<number>(missing).fill(0), ...tail]
}

function parseGroups(text: string, atEnd: boolean): number[] | undefined {
  if (text === '') return []
  const parts = text.split(':')
  const groups: number[] = []
  for (const [index, part] of parts.entries()) {
    if (atEnd && index === parts.length - 1 && part.includes('.')) {
      const [a = 0, b = 0, c = 0, d = 0] = parseIpv4(part) ?? []
      if (parseIpv4(part) === undefined) return undefined
      groups.push((a << 8) | b, (c << 8) | d)
    } else {
      if (!/^[0-9a-f]{1,4}$/i.test(part)) return undefined
      groups.push(Number.parseInt(part, 16))
    }
  }
  return groups
}

/** RFC 5952: lower case, no leading zeros, the first longest run of two or more zero groups becomes `::`. */
function compressed(groups: readonly number[]): string {
  let best = { start: -1, length: 1 }
  for (let start = 0; start < groups.length; start++) {
    let length = 0
    while (groups[start + length] === 0) length++
    if (length > best.length) best = { start, length }
    start += length
  }
  const hex = groups.map((group) => group.toString(16))
  if (best.start === -1) return hex.join(':')
  return `${hex.slice(0, best.start).join(':')}::${hex.slice(best.start + best.length).join(':')}`
}
