import { describe, expect, it } from 'vitest'
import { kindOfAddress } from './network-address.ts'

describe('what an address is for', () => {
  it('knows public addresses, at the edges of what is not', () => {
    const addresses = ['8.8.8.8', '1.1.1.1', '9.255.255.255', '11.0.0.0', '172.15.255.255', '172.32.0.0', '169.253.9.9']
    addresses.push('100.63.255.255', '100.128.0.0', '192.167.0.1', '223.255.255.255', '2606:4700::1111')
    addresses.push('2a00:1450:4001::8a', '::ffff:8.8.8.8')
    expect(addresses.filter((address) => kindOfAddress(address) !== 'public')).toEqual([])
  })

  it('knows the own machine in every spelling', () => {
    const addresses = ['127.0.0.1', '127.255.255.254', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', '::ffff:7f00:1']
    expect(addresses.filter((address) => kindOfAddress(address) !== 'loopback')).toEqual([])
  })

  it('knows private networks', () => {
    const addresses = ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', 'fc00::1', 'fd12::1']
    addresses.push('::ffff:10.0.0.1', '::ffff:a00:1', '::ffff:192.168.0.1')
    expect(addresses.filter((address) => kindOfAddress(address) !== 'private')).toEqual([])
  })

  it('knows what no server of ours may ever be', () => {
    const addresses = [
      '0.0.0.0',
      '169.254.169.254',
      '::ffff:169.254.169.254',
      '::ffff:a9fe:a9fe',
      'fe80::1',
      '224.0.0.1',
    ]
    addresses.push('255.255.255.255', '::', '192.0.2.1', '198.18.0.1', 'ff02::1', '2001:db8::1', '64:ff9b::a9fe:a9fe')
    addresses.push(
      '2002:a9fe:a9fe::',
      '2001:0:a9fe:a9fe::',
      '168.63.129.16',
      '100.100.100.200',
      'fd00:ec2::254',
      '::a9fe:a9fe',
    )
    expect(addresses.filter((address) => kindOfAddress(address) !== 'special')).toEqual([])
  })

  it('judges nothing that is not one plain address', () => {
    const texts = [
      '',
      'localhost',
      '127.1',
      '0x7f.0.0.1',
      '2130706433',
      '0177.0.0.1',
      '127.0.0.1:80',
      '[::1]',
      '10.0.0.0/8',
    ]
    expect(texts.filter((text) => kindOfAddress(text) !== undefined)).toEqual([])
  })
})
