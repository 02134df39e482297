import { BlockList, isIP } from 'node:net'

/** What an address is for. `special` stands for everything that no public server has: link-local, metadata services, multicast, documentation. */
export type NetworkAddressKind = 'public' | 'loopback' | 'private' | 'special'

/** `undefined` for text that is no IP address in its plain spelling. */
export function kindOfAddress(address: string): NetworkAddressKind | undefined {
  const family = isIP(address)
  if (family === 0) return undefined
  const type = family === 4 ? 'ipv4' : 'ipv6'
  // A list of IPv4 blocks also matches the IPv4-mapped spelling `::ffff:10.0.0.1`. Special first: some lie inside private blocks.
  if (special.check(address, type)) return 'special'
  if (loopback.check(address, type)) return 'loopback'
  if (privateUse.check(address, type)) return 'private'
  // Of IPv6 only 2000::/3 is handed out (RFC 4291 section 2.4); what is not, is nobody's.
  if (family === 6 && !mapped.check(address, 'ipv6') && !globalUnicast.check(address, 'ipv6')) return 'special'
  return 'public'
}

const loopback = blocks('127.0.0.0/8', '::1/128')

const privateUse = blocks(
  // RFC 1918; RFC 6598 shared address space; RFC 4193 unique local.
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  'fc00::/7',
)

/** The IANA special-purpose registries (RFC 6890), as far as they are not above. */
const special = blocks(
  '0.0.0.0/8',
  // Link-local, among it 169.254.169.254, where clouds hand out credentials.
  '169.254.0.0/16',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  // Reach IPv4 by another name: NAT64 (RFC 6052, 8215), Teredo, 6to4 (RFC 3056).
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '2001::/23',
  '2002::/16',
  '2001:db8::/32',
  '3fff::/20',
  // What clouds answer to their own machines at other addresses: Azure, Alibaba, AWS over IPv6.
  '168.63.129.16/32',
  '100.100.100.200/32',
  'fd00:ec2::254/128',
)

const mapped = blocks('::ffff:0:0/96')
const globalUnicast = blocks('2000::/3')

function blocks(...list: readonly string[]): BlockList {
  const block = new BlockList()
  for (const cidr of list) {
    const [network = '', bits = ''] = cidr.split('/')
    block.addSubnet(network, Number(bits), network.includes(':') ? 'ipv6' : 'ipv4')
  }
  return block
}
