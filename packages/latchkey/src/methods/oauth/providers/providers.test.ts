import { describe, expect, it } from 'vitest'
import type { ProfileParts } from '../protocol/profile.ts'
import type { Provider } from '../provider.ts'
import { discord } from './discord.ts'
import { github } from './github.ts'
import { gitlab } from './gitlab.ts'
import { google } from './google.ts'
import { microsoft } from './microsoft.ts'
import { oidc } from './oidc.ts'

const registration = { clientId: 'id', clientSecret: 'secret' }
const reason = { reason: 'tests' }
const said = (provider: Provider, ...answers: readonly unknown[]): ProfileParts => provider.profileOf(answers)

describe('what providers vouch for', () => {
  it('Google speaks for the mailboxes that it runs', () => {
    const claims = (email: string, more: object = {}): object => ({ sub: '1', email, email_verified: true, ...more })
    const verified = (given: object): boolean | undefined => said(google(registration), given).emailVerified
    expect(verified(claims('Ada@GMail.com'))).toBe(true)
    expect(verified(claims('ada@acme.example', { hd: 'acme.example' }))).toBe(true)
    expect(verified(claims('ada@acme.example'))).toBe(false)
    expect(verified(claims('ada@evil-gmail.com'))).toBe(false)
    expect(verified(claims('ada@gmail.com', { email_verified: false }))).toBe(false)
    expect(verified(claims('ada@acme.example', { hd: '' }))).toBe(false)
  })

  it('GitHub: the primary address, and only if it was verified there', () => {
    const user = {
      id: 583231,
      login: 'octocat',
      name: null,
      email: 'typed@example.com',
      avatar_url: 'https://a.example/o',
    }
    const emails = [
      { email: 'other@example.com', primary: false, verified: true },
      { email: 'ada@example.com', primary: true, verified: true },
    ]
    const parts = { subject: '583231', name: 'octocat', picture: 'https://a.example/o' }
    expect(said(github(registration), user, emails)).toEqual({
      ...parts,
      email: 'ada@example.com',
      emailVerified: true,
    })
    const unverified = emails.map((entry) => ({ ...entry, verified: false }))
    expect(said(github(registration), user, unverified)).toMatchObject({
      email: 'ada@example.com',
      emailVerified: false,
    })
    for (const none of [undefined, [], {}, [null], [{ email: 'x@example.com', verified: true }]])
      expect(said(github(registration), user, none)).toMatchObject({ email: undefined, emailVerified: false })
    expect(said(github(registration), { id: 'octocat' }, emails).subject).toBeUndefined()
  })

  it('Discord: an address that it verified', () => {
    const user = {
      id: '80351110224678912',
      username: 'nelly',
      email: 'nelly@example.com',
      verified: true,
      avatar: '../x',
    }
    expect(said(discord(registration), user)).toEqual({
      subject: '80351110224678912',
      email: 'nelly@example.com',
      emailVerified: true,
      name: 'nelly',
      picture: 'https://cdn.discordapp.com/avatars/80351110224678912/..%2Fx.png',
    })
    expect(said(discord(registration), { ...user, verified: 'true' }).emailVerified).toBe(false)
  })

  it('Microsoft: for no address, whatever a tenant writes into it (nOAuth)', () => {
    const claims = { sub: '1', email: 'ceo@victim.example', email_verified: true, xms_edov: true }
    expect(said(microsoft(registration), claims)).toMatchObject({ email: 'ceo@victim.example', emailVerified: false })
  })

  it('others: what their standard claim says', () => {
    const verified = (value: unknown): boolean | undefined =>
      said(gitlab(registration), { sub: '1', email_verified: value }).emailVerified
    expect([true, 'true', false, 'false', undefined, 1, 'yes'].map(verified)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
      false,
    ])
  })
})

describe("Microsoft's tenants", () => {
  const tenant = '72f988bf-86f1-41af-91ab-2d7cd011db47'
  const consumers = '9188040d-6c67-4c5b-b112-36a304b66dad'
  const issuerFor = (option: string, tid: unknown): string | undefined =>
    microsoft({ ...registration, tenant: option }).tenantIssuer?.({ tid })

  it('are issuers of their own, filled into the template as ids alone', () => {
    expect(issuerFor('common', tenant)).toBe(`https://login.microsoftonline.com/${tenant}/v2.0`)
    const others = [
      undefined,
      5,
      '',
      'common',
      '{tenantid}',
      `${tenant}/x`,
      `../${tenant}`,
      tenant.toUpperCase(),
      ` ${tenant}`,
    ]
    expect(others.map((tid) => issuerFor('common', tid))).toEqual(others.map(() => undefined))
  })

  it('are let in as the option says', () => {
    expect([issuerFor('organizations', consumers), issuerFor('consumers', tenant)]).toEqual([undefined, undefined])
    expect(issuerFor('organizations', tenant)).toContain(tenant)
    expect(issuerFor('consumers', consumers)).toContain(consumers)
    const one = microsoft({ ...registration, tenant })
    expect([one.tenantIssuer, one.issuer]).toEqual([undefined, `https://login.microsoftonline.com/${tenant}/v2.0`])
  })

  it('are not believed about addresses, but one of them can be', () => {
    const unsafe = { ...registration, unsafeAssumeEmailVerified: reason }
    expect(() => microsoft(unsafe)).toThrow('name one tenant')
    expect(microsoft({ ...unsafe, tenant }).assumeEmailVerified).toBe(true)
    expect(() => microsoft({ ...registration, tenant: 'acme.onmicrosoft.com' })).toThrow('tenant must be')
  })
})

describe('a registration', () => {
  it('is refused by name when something cannot be right', () => {
    const wrong = [
      { id: 'Acme' },
      { id: 'a/b' },
      { clientId: '' },
      { clientSecret: '' },
      { clientSecret: 'a b' },
      { issuer: 'https://id.acme.example?x' },
      { issuer: 'https://u:p@id.acme.example' },
      { issuer: 'file:///x' },
      { issuer: `https://id.acme.example/${'x'.repeat(240)}` },
      { scopes: ['a b'] },
      { name: 'a\nb' },
    ]
    const good = { id: 'acme', issuer: 'https://id.acme.example', ...registration }
    for (const change of wrong) expect(() => oidc({ ...good, ...change })).toThrow('provider ')
    expect(oidc(good)).toMatchObject({ name: 'acme', trusted: false, privateNetwork: false })
  })
})
