import { describe, expect, it } from 'vitest'
import { brand } from '../platform/brand.ts'
import type { Credential, CredentialMethod } from '../credential/credential.ts'
import type { UserId } from '../user/user.ts'
import type { AmrEntry } from './assurance.ts'
import { requireAal, requireEnrolled, requireFresh } from './requirements.ts'
import { stepUpFactors } from './step-up-factors.ts'
import { isLastWayIn } from './ways-in.ts'

const userId = brand<UserId>('u')

function credential(method: CredentialMethod, data: object = {}, confirmedAt: number | null = 1): Credential {
  const rest = { secret: 'x', createdAt: 1, updatedAt: 1, lastUsedAt: null, counter: 0 }
  const id = brand<Credential['id']>(`${method} ${JSON.stringify(data)}`)
  return { id, userId, method, identifier: id, data: JSON.stringify(data), confirmedAt, ...rest }
}

const proofs = {
  password: { method: 'password', amr: 'pwd', factor: 'knowledge', channel: 'typed', at: 0 },
  code: { method: 'email-code', amr: 'otp', factor: 'possession', channel: 'email', at: 0 },
  totp: { method: 'totp', amr: 'otp', factor: 'possession', channel: 'authenticator', at: 0 },
  recovery: { method: 'recovery-code', amr: 'otp', factor: 'possession', channel: 'typed', at: 0 },
} as const satisfies Readonly<Record<string, AmrEntry>>

const [password, totp, codes] = [credential('password'), credential('totp'), credential('recovery-code')]
const passkey = credential('passkey')
const primary = credential('passkey', { usage: 'primary' })
const beside = credential('passkey', { usage: 'factor' })
const identity = credential('oauth')

describe('what a session must have shown', () => {
  it('is a level, and a recent authentication to the very millisecond', () => {
    expect(requireAal({ aal: 1 }, 2)).toEqual({ ok: false, reason: 'aal_required' })
    expect([requireAal({ aal: 2 }, 2), requireAal({ aal: 1 }, 1)]).toEqual([{ ok: true }, { ok: true }])
    const at = (now: number, authenticatedAt: number | Date = 1_000): boolean =>
      requireFresh({ authenticatedAt }, { withinMs: 500, now }).ok
    expect([at(1_000), at(1_499), at(1_500), at(1_500, new Date(1_001))]).toEqual([true, true, false, true])
  })

  it('is an enrolled second factor where there is one, or a recovery code in its place', () => {
    const asked = (has: readonly Credential[], amr: readonly AmrEntry[], aal: 1 | 2 = 1): boolean =>
      !requireEnrolled({ aal, amr }, has).ok
    expect(asked([password], [proofs.password])).toBe(false)
    expect(asked([password, totp], [proofs.password])).toBe(true)
    expect(asked([password, totp], [proofs.code])).toBe(true)
    expect(asked([password, totp, codes], [proofs.password, proofs.recovery])).toBe(false)
    expect(asked([password, totp], [proofs.code, proofs.totp])).toBe(false)
    expect(asked([password, totp], [proofs.password, proofs.totp], 2)).toBe(false)
    expect(asked([password, codes], [proofs.password])).toBe(false)
    expect(asked([password, primary], [proofs.password])).toBe(false)
    expect(asked([password, beside], [proofs.password])).toBe(true)
  })
})

describe('what raises a session', () => {
  it('is decided as the table says', () => {
    const by = (has: readonly Credential[], amr: readonly AmrEntry[], aal: 1 | 2 = 1): string =>
      stepUpFactors({ aal, amr }, has).join(' ')
    expect(by([], [proofs.code])).toBe('email_code')
    expect(by([identity], [])).toBe('email_code')
    expect(by([password], [proofs.password])).toBe('password')
    expect(by([password], [proofs.code])).toBe('password')
    expect(by([password, primary], [])).toBe('password passkey')
    expect(by([primary], [])).toBe('passkey')
    expect(by([password, totp, codes], [proofs.password])).toBe('totp recovery_code')
    expect(by([password, totp, codes], [proofs.password, proofs.totp], 2)).toBe('totp recovery_code')
    // Mail and an authenticator are no two factors that count: what one knows is missing.
    expect(by([password, totp], [proofs.code, proofs.totp])).toBe('password')
    expect(by([totp], [proofs.code, proofs.totp])).toBe('totp')
    expect(by([password, credential('totp', {}, null)], [proofs.password])).toBe('password')
  })
})

describe('the last way in', () => {
  const all = { mail: false, password: true, passkey: true, oauth: true }

  it('is there while something else begins a sign-in', () => {
    const last = (has: readonly Credential[], removed: Credential, waysIn = all): boolean =>
      isLastWayIn(waysIn, has, removed.id)
    expect(last([passkey], passkey)).toBe(true)
    expect(last([passkey], passkey, { ...all, mail: true })).toBe(false)
    expect(last([passkey, password], passkey)).toBe(false)
    expect(last([passkey, password], passkey, { ...all, password: false })).toBe(true)
    expect(last([passkey, identity], passkey)).toBe(false)
    expect(last([passkey, identity], passkey, { ...all, oauth: false })).toBe(true)
    expect(last([identity, primary], identity)).toBe(false)
    expect(last([identity, primary], identity, { ...all, passkey: false })).toBe(true)
    expect(last([identity, beside], identity)).toBe(true)
    expect(last([identity, totp, codes], identity)).toBe(true)
    expect(last([identity, credential('password', {}, null)], identity)).toBe(true)
  })
})
