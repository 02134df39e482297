import { describe, expect, it } from 'vitest'
import { createClientAddress } from './client-address.ts'
import type { HttpSettings } from './http-settings.ts'

type Trust = Pick<HttpSettings, 'trustedProxies' | 'forwardedHeader'>

function ipOf(
  trust: Trust,
  remoteAddress: string | undefined,
  headers: Readonly<Record<string, string>>,
): string | null {
  const client = createClientAddress(trust)({ remoteAddress, header: (name) => headers[name] ?? null })
  return client.address === null ? null : client.address.text
}

describe('the address of the client', () => {
  const blocks: Trust = { trustedProxies: ['10.0.0.0/8', '2001:db8:ffff::/48'] }

  it('is the peer when nobody is trusted, whatever the headers claim', () => {
    const claims = { 'x-forwarded-for': '203.0.113.1', forwarded: 'for=203.0.113.1', 'x-real-ip': '203.0.113.1' }
    expect(ipOf({ trustedProxies: [] }, '198.51.100.1', claims)).toBe('198.51.100.1')
    expect(ipOf({ trustedProxies: 0 }, '198.51.100.1', claims)).toBe('198.51.100.1')
  })

  it('is the peer when the peer is no proxy of ours', () => {
    expect(ipOf(blocks, '198.51.100.1', { 'x-forwarded-for': '203.0.113.1' })).toBe('198.51.100.1')
    expect(ipOf(blocks, '11.0.0.1', { 'x-forwarded-for': '203.0.113.1' })).toBe('11.0.0.1')
    expect(ipOf(blocks, undefined, { 'x-forwarded-for': '203.0.113.1' })).toBeNull()
  })

  it('is the first stranger from the right; what stands to the left of it is its own claim', () => {
    const chain = { 'x-forwarded-for': '1.1.1.1, 10.9.9.9, 203.0.113.7, 10.2.0.1,10.3.0.1' }
    expect(ipOf(blocks, '10.1.0.1', chain)).toBe('203.0.113.7')
    expect(ipOf(blocks, '::ffff:10.1.0.1', chain)).toBe('203.0.113.7')
    expect(ipOf(blocks, '2001:db8:ffff::1', { 'x-forwarded-for': '2001:DB8:0:0::9' })).toBe('2001:db8::9')
  })

  it('is the leftmost when all are ours', () => {
    expect(ipOf(blocks, '10.1.0.1', { 'x-forwarded-for': '10.4.0.1, 10.2.0.1' })).toBe('10.4.0.1')
  })

  it('is counted from the right when proxies are counted', () => {
    const chain = { 'x-forwarded-for': '1.1.1.1, 203.0.113.7, 10.2.0.1' }
    expect(ipOf({ trustedProxies: 1 }, '10.1.0.1', chain)).toBe('10.2.0.1')
    expect(ipOf({ trustedProxies: 2 }, '10.1.0.1', chain)).toBe('203.0.113.7')
    expect(ipOf({ trustedProxies: 3 }, '10.1.0.1', chain)).toBe('1.1.1.1')
    expect(ipOf({ trustedProxies: 4 }, '10.1.0.1', chain)).toBe('10.1.0.1')
    expect(ipOf({ trustedProxies: 1 }, '10.1.0.1', {})).toBe('10.1.0.1')
  })

  it('is the peer when garbage stands where an address belongs', () => {
    for (const hop of [
      '',
      'unknown',
      '_hidden',
      '203.0.113',
      '203.0.113.256',
      '0x7f.1',
      '010.0.0.1',
      '1.2.3.4.5',
      '1.2.3.4:99999999',
      '[::1',
      ':::',
      '1::2::3',
      'a'.repeat(9_000),
    ]) {
      expect([hop, ipOf(blocks, '10.1.0.1', { 'x-forwarded-for': `9.9.9.9, ${hop}` })]).toEqual([hop, '10.1.0.1'])
    }
    // Garbage to the left of the client is the client's own business.
    expect(ipOf(blocks, '10.1.0.1', { 'x-forwarded-for': 'garbage, 203.0.113.7' })).toBe('203.0.113.7')
  })

  it('may carry a port', () => {
    expect(ipOf(blocks, '10.1.0.1', { 'x-forwarded-for': '203.0.113.7:5678' })).toBe('203.0.113.7')
    expect(ipOf(blocks, '10.1.0.1', { 'x-forwarded-for': '[2001:db8::7]:5678' })).toBe('2001:db8::7')
    expect(ipOf(blocks, '10.1.0.1', { 'x-forwarded-for': '[2001:db8::7]' })).toBe('2001:db8::7')
  })

  it('comes from the one header that is configured, never from the other', () => {
    const both = { 'x-forwarded-for': '203.0.113.1', forwarded: 'for=203.0.113.2' }
    expect(ipOf(blocks, '10.1.0.1', both)).toBe('203.0.113.1')
    expect(ipOf({ ...blocks, forwardedHeader: 'forwarded' }, '10.1.0.1', both)).toBe('203.0.113.2')
    expect(ipOf(blocks, '10.1.0.1', { forwarded: 'for=203.0.113.2' })).toBe('10.1.0.1')
  })

  it('is read from RFC 7239 elements, quoted or not', () => {
    const forwarded: Trust = { ...blocks, forwardedHeader: 'forwarded' }
    const read = (value: string): string | null => ipOf(forwarded, '10.1.0.1', { forwarded: value })
    expect(read('for=1.1.1.1, For="[2001:db8:cafe::17]:4711";proto=https;by=10.0.0.1')).toBe('2001:db8:cafe::17')
    expect(read('for=192.0.2.43, for=10.2.0.1')).toBe('192.0.2.43')
    // An open quote of the client must not swallow what the proxy added.
    expect(read('for="1.1.1.1, for=203.0.113.7')).toBe('203.0.113.7')
    expect(read('for=203.0.113.7;for=1.1.1.1')).toBe('10.1.0.1')
    expect(read('for=unknown')).toBe('10.1.0.1')
    expect(read('proto=https')).toBe('10.1.0.1')
  })

  it('is never rotated by spelling: one network key for one host', () => {
    const networkOf = (remoteAddress: string): string | undefined =>
      createClientAddress({ trustedProxies: [] })({ remoteAddress, header: () => null }).address?.network
    for (const spelling of [
      '2001:db8:1:2::1',
      '2001:0DB8:0001:0002:ffff:ffff:ffff:ffff',
      '2001:db8:1:2:0:0:0:0%eth0',
    ]) {
      expect(networkOf(spelling)).toBe('2001:db8:1:2::/64')
    }
    expect(networkOf('::ffff:203.0.113.7')).toBe('203.0.113.7')
    expect(networkOf('::ffff:cb00:7107')).toBe('203.0.113.7')
  })

  it('refuses settings that would silently trust nobody or everybody', () => {
    for (const trustedProxies of [
      ['10.0.0.0/33'],
      ['10.0.0'],
      ['proxy.internal'],
      ['::/129'],
      ['10.0.0.0/'],
      -1,
      1.5,
      Number.NaN,
    ]) {
      expect(() => createClientAddress({ trustedProxies })).toThrow(TypeError)
    }
  })
})
