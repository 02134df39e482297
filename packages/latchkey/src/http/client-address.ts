import { isInside, parseCidr, parseIpAddress, type Cidr, type IpAddress } from './ip-address.ts'
import type { Incoming } from './exchange.ts'
import type { HttpSettings } from './http-settings.ts'

/** Who sent the request, once the proxies that we trust are taken off. */
export interface Client {
  /** `null` when the platform does not tell the peer's address. */
  readonly address: IpAddress | null
  /** Whether the peer itself is a proxy of ours; only then may its `X-Request-Id` be ours too. */
  readonly throughTrustedProxy: boolean
}

/**
 * Built once from the settings (ASVS 15.3.4). Addresses are read from the right, because a proxy appends what it saw and everything to
 * the left is the client's own claim. Garbage where an address belongs makes the peer the client.
 */
export function createClientAddress(
  settings: Pick<HttpSettings, 'trustedProxies' | 'forwardedHeader'>,
): (incoming: Pick<Incoming, 'remoteAddress' | 'header'>) => Client {
  const { trustedProxies, forwardedHeader = 'x-forwarded-for' } = settings
  const peerOf = rememberingLast((text: string) => parseIpAddress(text) ?? null)
  if (typeof trustedProxies === 'number' && !(Number.isSafeInteger(trustedProxies) && trustedProxies >= 0)) {
    throw new TypeError('trustedProxies must be a whole number of proxies or a list of addresses')
  }
  if (trustedProxies === 0 || (typeof trustedProxies !== 'number' && trustedProxies.length === 0)) {
    return ({ remoteAddress }) => ({
      address: remoteAddress === undefined ? null : peerOf(remoteAddress),
      throughTrustedProxy: false,
    })
  }
  const blocks = typeof trustedProxies === 'number' ? [] : trustedProxies.map(parseCidr)
  const read = forwardedHeader === 'forwarded' ? fromForwarded : fromXForwardedFor
  return ({ remoteAddress, header }) => {
    const peer = remoteAddress === undefined ? null : peerOf(remoteAddress)
    if (typeof trustedProxies !== 'number' && !isTrusted(peer, blocks))
      return { address: peer, throughTrustedProxy: false }
    const value = header(forwardedHeader)
    const hops = value === null ? [] : read(value)
    const client = typeof trustedProxies === 'number' ? hops.at(-trustedProxies) : firstStranger(hops, blocks)
    return { address: client ?? peer, throughTrustedProxy: true }
  }
}

function isTrusted(address: IpAddress | null, blocks: readonly Cidr[]): boolean {
  return address !== null && blocks.some((block) => isInside(address, block))
}

/** The first address from the right that is no proxy of ours; the leftmost when all are. */
function firstStranger(hops: readonly (IpAddress | undefined)[], blocks: readonly Cidr[]): IpAddress | undefined {
  for (const hop of hops.toReversed()) {
    if (hop === undefined) return undefined
    if (!isTrusted(hop, blocks)) return hop
  }
  return hops[0]
}

function fromXForwardedFor(value: string): readonly (IpAddress | undefined)[] {
  return value.split(',').map((hop) => parseHop(hop.trim()))
}

/** RFC 7239: `for=192.0.2.60;proto=https, for="[2001:db8::1]:4711"`. Quoted strings hold no comma or semicolon in an address. */
function fromForwarded(value: string): readonly (IpAddress | undefined)[] {
  return value.split(',').map((element) => {
    const claims = element.split(';').filter((pair) => pair.trim().toLowerCase().startsWith('for='))
    const [claim] = claims
    if (claim === undefined || claims.length !== 1) return undefined
    const node = claim.trim().slice('for='.length)
    return parseHop(node.startsWith('"') && node.endsWith('"') && node.length > 1 ? node.slice(1, -1) : node)
  })
}

/** An address, with the port that some proxies add: `192.0.2.1:80`, `[2001:db8::1]:80`, `[2001:db8::1]`. */
function parseHop(text: string): IpAddress | undefined {
  if (text.startsWith('[')) {
    const end = text.indexOf(']')
    const rest = text.slice(end + 1)
    return end === -1 || !(rest === '' || isPort(rest)) ? undefined : parseIpAddress(text.slice(1, end))
  }
  const colon = text.indexOf(':')
  const isIpv4WithPort = colon !== -1 && text.indexOf(':', colon + 1) === -1
  if (!isIpv4WithPort) return parseIpAddress(text)
  return isPort(text.slice(colon)) ? parseIpAddress(text.slice(0, colon)) : undefined
}

function isPort(text: string): boolean {
  return /^:\d{1,5}$/.test(text)
}

/** Connections are kept alive and load balancers are few: the last answer is usually the next one. */
function rememberingLast<Result>(compute: (text: string) => Result): (text: string) => Result {
  let last: { readonly text: string; readonly result: Result } | undefined
  return (text) => {
    if (last?.text !== text) last = { text, result: compute(text) }
    return last.result
  }
}
