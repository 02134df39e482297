import { describe, expect, it } from 'vitest'
import { brand } from '../platform/brand.ts'
import type { Credential, CredentialMethod } from '../credential/credential.ts'
import { createTestCore } from '../testing/test-core.ts'
import { newUser } from '../user/new-user.ts'
import { parseEmailAddress } from '../user/email-address.ts'
import { aalOf, type AmrEntry } from './assurance.ts'
import { decideFactors, isSecondFactor, type FactorDecision } from './factor-policy.ts'

const core = createTestCore()
const email = parseEmailAddress('ada@example.com')
if (email === undefined) throw new TypeError('a test address is an address')
const user = newUser(core, { email, name: null, locale: null, roles: [], verified: true })

const proofs: Readonly<Record<string, AmrEntry>> = {
  password: { method: 'password', amr: 'pwd', factor: 'knowledge', channel: 'typed', at: 0 },
  code: { method: 'email-code', amr: 'otp', factor: 'possession', channel: 'email', at: 0 },
  link: { method: 'magic-link', amr: 'otp', factor: 'possession', channel: 'email', at: 0 },
  totp: { method: 'totp', amr: 'otp', factor: 'possession', channel: 'authenticator', at: 0 },
  recovery: { method: 'recovery-code', amr: 'otp', factor: 'possession', channel: 'typed', at: 0 },
  passkey: { method: 'passkey', amr: 'hwk', factor: 'possession', channel: 'authenticator', at: 0 },
  verified: { method: 'passkey', amr: 'user', factor: 'inherence', channel: 'local', at: 0 },
  identity: { method: 'oauth', amr: 'fed', factor: 'knowledge', channel: 'provider', at: 0 },
}

function credential(method: CredentialMethod, confirmedAt: number | null = 1, data = '{}'): Credential {
  const id = core.ids.next()
  const rest = { secret: 'x', data, createdAt: 1, updatedAt: 1, lastUsedAt: null, counter: 0 }
  return { id: brand(id), userId: user.id, method, identifier: id, confirmedAt, ...rest }
}

interface Case {
  readonly given: string
  readonly policy?: 'enrolled' | 'always'
  readonly newDeviceCode?: boolean
  readonly known?: boolean
  readonly verified?: boolean
  readonly has?: readonly Credential[]
  readonly wanted: string
}

const password = credential('password')
const totp = credential('totp')
const codes = credential('recovery-code')
const primary = credential('passkey', 1, '{"usage":"primary"}')
const beside = credential('passkey', 1, '{"usage":"factor"}')

/** `given` is what was proved; `wanted` is `enough`, `impossible`, or why and by what more is asked. */
const cases: readonly Case[] = [
  { given: 'password', wanted: 'new_device: email_code' },
  { given: 'password', known: true, wanted: 'enough' },
  { given: 'password', newDeviceCode: false, wanted: 'enough' },
  { given: 'password code', wanted: 'enough' },
  { given: 'code', wanted: 'enough' },
  { given: 'link', wanted: 'enough' },

  { given: 'password', verified: false, known: true, newDeviceCode: false, wanted: 'unproved_address: email_code' },
  { given: 'code', verified: false, wanted: 'enough' },
  { given: 'password code', verified: false, wanted: 'enough' },
  { given: 'password totp', verified: false, has: [password, totp], wanted: 'unproved_address: email_code' },
  { given: 'password totp code', verified: false, has: [password, totp], wanted: 'enough' },

  { given: 'password', has: [password, totp], known: true, wanted: 'enrolled: totp' },
  { given: 'code', has: [password, totp], wanted: 'enrolled: totp' },
  { given: 'link', has: [password, totp], wanted: 'enrolled: totp' },
  { given: 'password code', has: [password, totp], wanted: 'enrolled: totp' },
  { given: 'link code', has: [password, totp], wanted: 'enrolled: totp' },
  { given: 'password totp', has: [password, totp], wanted: 'enough' },
  { given: 'code totp', has: [password, totp], wanted: 'enough' },
  { given: 'totp', has: [password, totp], wanted: 'enrolled: totp' },
  { given: 'password', has: [password, totp, codes], wanted: 'enrolled: totp recovery_code' },
  { given: 'password recovery', has: [password, totp, codes], wanted: 'enough' },
  { given: 'password', has: [password, codes], known: true, wanted: 'enough' },
  { given: 'password', has: [password, credential('totp', null)], known: true, wanted: 'enough' },
  { given: 'password', has: [password, totp, credential('totp', null)], wanted: 'enrolled: totp' },
  { given: 'password', has: [password, credential('passkey'), credential('passkey')], wanted: 'enrolled: passkey' },
  { given: 'password passkey', has: [password, credential('passkey')], wanted: 'enough' },
  { given: 'password', has: [password, credential('oauth')], known: true, wanted: 'enough' },

  // A passkey with user verification is two factors by itself, one that only was there is one.
  { given: 'passkey verified', has: [credential('passkey')], wanted: 'enough' },
  { given: 'passkey', has: [credential('passkey')], wanted: 'enrolled: passkey' },
  { given: 'passkey verified', has: [password, totp, credential('passkey')], wanted: 'enough' },
  { given: 'passkey', has: [password, totp, credential('passkey')], wanted: 'enrolled: totp passkey' },
  { given: 'passkey totp', has: [password, totp, credential('passkey')], wanted: 'enough' },
  { given: 'passkey verified', has: [primary], wanted: 'enough' },
  { given: 'password', has: [password, primary], known: true, wanted: 'enough' },
  { given: 'passkey verified', has: [password, totp, primary], wanted: 'enough' },
  { given: 'password', has: [password, beside], known: true, wanted: 'enrolled: passkey' },
  { given: 'password', has: [password, totp, beside, codes], wanted: 'enrolled: totp passkey recovery_code' },
  { given: 'passkey verified', policy: 'always', has: [primary], wanted: 'enough' },
  { given: 'identity', has: [credential('oauth')], wanted: 'enough' },
  { given: 'identity', has: [credential('oauth'), totp], wanted: 'enrolled: totp' },
  { given: 'identity totp', has: [credential('oauth'), totp], wanted: 'enough' },

  { given: 'password', policy: 'always', known: true, wanted: 'always: email_code' },
  { given: 'password', policy: 'always', newDeviceCode: false, wanted: 'always: email_code' },
  { given: 'password code', policy: 'always', wanted: 'enough' },
  { given: 'code password', policy: 'always', wanted: 'enough' },
  { given: 'code', policy: 'always', has: [password], wanted: 'always: password' },
  { given: 'code', policy: 'always', has: [], wanted: 'impossible' },
  { given: 'code', policy: 'always', has: [credential('password', null)], wanted: 'impossible' },
  { given: 'code code', policy: 'always', has: [password], wanted: 'always: password' },
  { given: 'password', policy: 'always', has: [password, totp], wanted: 'enrolled: totp' },
  { given: 'password code', policy: 'always', has: [password, totp], wanted: 'enrolled: totp' },
  { given: 'password totp', policy: 'always', has: [password, totp], wanted: 'enough' },
  { given: 'code totp', policy: 'always', has: [password, totp], wanted: 'enough' },
]

const entriesOf = (given: string): readonly AmrEntry[] => given.split(' ').flatMap((name) => proofs[name] ?? [])

function textOf(decision: FactorDecision): string {
  return decision.kind === 'more' ? `${decision.why}: ${decision.factors.join(' ')}` : decision.kind
}

describe('the factor policy', () => {
  it('decides every case as the table says', () => {
    for (const row of cases) {
      const { policy = 'enrolled', newDeviceCode = true, known = false, verified = true, has = [password] } = row
      const secondFactor = { policy, newDeviceCode }
      const decision = decideFactors(
        { settings: { ...core.settings, secondFactor } },
        {
          user: { ...user, emailVerifiedAt: verified ? 1 : null },
          credentials: has,
          proofs: entriesOf(row.given),
          knownDevice: known,
        },
      )
      expect({ ...row, wanted: textOf(decision) }).toEqual(row)
    }
  })

  it('never lets a device, a policy or an order of proofs stand in for an enrolled factor', () => {
    const weak = [
      'password',
      'code',
      'link',
      'password code',
      'code password',
      'password link',
      'link code',
      'password code link',
    ]
    for (const given of weak) {
      for (const knownDevice of [true, false]) {
        for (const policy of ['enrolled', 'always'] as const) {
          for (const newDeviceCode of [true, false]) {
            const settings = { ...core.settings, secondFactor: { policy, newDeviceCode } }
            const input = { user, credentials: [password, totp], proofs: entriesOf(given), knownDevice }
            expect(textOf(decideFactors({ settings }, input))).toBe('enrolled: totp')
          }
        }
      }
    }
  })

  it('counts what was confirmed and is no stand-in as an enrolled second factor', () => {
    const counted = (['password', 'totp', 'recovery-code', 'passkey', 'oauth'] as const).filter((method) =>
      isSecondFactor(credential(method)),
    )
    expect(counted).toEqual(['totp', 'passkey'])
    expect(isSecondFactor(credential('totp', null))).toBe(false)
  })
})

describe('the assurance level', () => {
  it('is 2 for two factors over two channels, and mail counts for neither', () => {
    const levels: Readonly<Record<string, 1 | 2>> = {
      password: 1,
      code: 1,
      totp: 1,
      'password code': 1,
      'code link': 1,
      'code totp': 1,
      'link passkey': 1,
      'totp passkey': 1,
      'password recovery': 1,
      'password totp': 2,
      'passkey verified': 2,
      verified: 1,
      'code verified': 1,
      'identity totp': 2,
      'totp password': 2,
      'password passkey': 2,
      'password code totp': 2,
    }
    const decided = Object.keys(levels).map((given) => [given, aalOf(entriesOf(given))])
    expect(Object.fromEntries(decided)).toEqual(levels)
  })
})
