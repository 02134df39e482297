import { describe, expect, it } from 'vitest'
import { brand } from '../platform/brand.ts'
import type { DeviceId } from '../session/device.ts'
import { createTestCore } from '../testing/test-core.ts'
import { parseEmailAddress } from '../user/email-address.ts'
import {
  accountKey,
  codeCharges,
  mailCharges,
  passwordCharges,
  refundsOf,
  resetCharges,
  signUpCharges,
} from './charges.ts'

const core = createTestCore()
const email = parseEmailAddress('ada@example.com')
if (email === undefined) throw new TypeError('a test address is an address')
const account = accountKey(core, email)
const device = brand<DeviceId>(core.ids.next())
const stranger = { account, network: '192.0.2.1', device: null }
const owner = { ...stranger, device }

const keysOf = (charges: readonly { readonly key: string }[]): readonly string[] =>
  charges.map(({ key }) => key.replace(account, 'ACCOUNT').replace(device, 'DEVICE'))

describe('what is charged', () => {
  it('is the network and the account for a stranger, the device in place of the account for its owner', () => {
    expect(keysOf(passwordCharges(core, stranger))).toEqual(['password/network/192.0.2.1', 'password/account/ACCOUNT'])
    expect(keysOf(passwordCharges(core, owner))).toEqual(['password/device/DEVICE', 'password/network/192.0.2.1'])
    expect(keysOf(codeCharges(core, stranger))).toEqual(['code/network/192.0.2.1', 'code/account/ACCOUNT'])
    expect(keysOf(codeCharges(core, owner))).toEqual(['code/device/DEVICE', 'code/network/192.0.2.1'])
    expect(keysOf(mailCharges(core, stranger))).toEqual(['mail/network/192.0.2.1', 'mail/address/ACCOUNT'])
    expect(keysOf(mailCharges(core, owner))).toEqual(['mail/device/DEVICE', 'mail/network/192.0.2.1'])
  })

  it('shares no budget between passwords, codes and resets; a network has one for all its mails', () => {
    const all = [passwordCharges, codeCharges, mailCharges].flatMap((charges) => keysOf(charges(core, stranger)))
    expect(new Set(all).size).toBe(all.length)
    expect(keysOf(resetCharges(core, stranger))).toEqual(['mail/network/192.0.2.1', 'reset/address/ACCOUNT'])
    expect(keysOf(signUpCharges(core, stranger))).toEqual([
      'sign-up/network/192.0.2.1',
      ...keysOf(mailCharges(core, stranger)),
    ])
  })

  it('names nobody: the key of an account is a keyed pseudonym of the address', () => {
    const other = createTestCore({ secrets: ['another secret for tests, long enough'] })
    expect(account).toMatch(/^[A-Za-z0-9_-]{22}$/)
    expect(accountKey(createTestCore({ seed: 9 }), email)).toBe(account)
    expect(accountKey(other, email)).not.toBe(account)
  })

  it('is given back by the write of the success that it paid for, budget by budget, and no attempt is', () => {
    const attempt = { kind: 'attempt', challengeId: 'x', purposes: [], handleDigest: 'x', bindingDigest: null } as const
    expect(refundsOf([attempt, ...codeCharges(core, stranger)], 7)).toEqual([
      { kind: 'refundBudget', key: 'code/network/192.0.2.1', at: 7 },
      { kind: 'refundBudget', key: `code/account/${account}`, at: 7 },
    ])
  })
})
