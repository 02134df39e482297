import { hash as bcryptHash } from '@node-rs/bcrypt'
import { describe, expect, it } from 'vitest'
import { noContext } from '../core/request-context.ts'
import { createTestAuth, testPassword } from '../testing/test-auth.ts'
import { createTestCore, type TestCore } from '../testing/test-core.ts'
import { aTestUser } from '../testing/test-session.ts'
import type { User } from '../user/user.ts'
import type { Credential } from './credential.ts'
import { createPasswordHasher, type RawPassword } from './hashing/password-hasher.ts'
import { rawPassword } from './hashing/raw-password.ts'
import { newPasswordCredential } from './password-credential.ts'
import { rehashPassword } from './rehash-password.ts'

const email = 'ada@example.com'

interface Setting {
  readonly core: TestCore & { readonly hasher: ReturnType<typeof createPasswordHasher> }
  readonly user: User
  /** As it was when its owner signed in with it. */
  readonly stale: Credential
  readonly password: RawPassword
  stored(): Promise<string | null | undefined>
  events(): Promise<readonly string[]>
}

async function createSetting(): Promise<Setting> {
  const core = createTestCore()
  const parameters = { memoryKib: 8_192, passes: 1, lanes: 1 }
  const unsafeWeakParameters = { reason: 'tests hash often' }
  const hasher = createPasswordHasher({ ...core, parameters, unsafeWeakParameters })
  const password = rawPassword(testPassword, 1_024)
  if (password === undefined) throw new TypeError('a test password is a password')
  const user = await aTestUser(core)
  const stale = newPasswordCredential(core, user.id, await bcryptHash(testPassword, { cost: 4 }))
  await core.store.commit([{ kind: 'addCredential', credential: stale }], core.clock.now())
  return {
    core: { ...core, hasher },
    user,
    stale,
    password,
    stored: async () => (await core.store.findSubject(user.id))?.credentials[0]?.secret,
    events: async () => (await core.store.listEvents({ limit: 10 })).items.map(({ kind }) => kind),
  }
}

describe('a weak hash', () => {
  it('never takes the place of a password that was changed while it was renewed, and no event says that it did', async () => {
    const { core, user, stale, password, stored, events } = await createSetting()
    const from = stale.secret ?? ''
    const changing = { kind: 'replaceCredentialSecret', credentialId: stale.id, from, to: 'the newer hash' } as const
    await core.store.commit([changing], core.clock.now())
    await rehashPassword(core, noContext, { user, credential: stale, password })
    expect([await stored(), await events()]).toEqual(['the newer hash', []])
  })

  it('is renewed once by sign-ins that run at the same time', async () => {
    const { core, user, stale, password, stored, events } = await createSetting()
    const renew = (): Promise<void> => rehashPassword(core, noContext, { user, credential: stale, password })
    await Promise.all([renew(), renew(), renew()])
    expect(await events()).toEqual(['password.rehash'])
    const hash = (await stored()) ?? ''
    expect(hash).toMatch(/^\$argon2id\$/)
    expect(await core.hasher.verify(password, hash, 'network')).toEqual({ ok: true, needsRehash: false })
  })

  it('of bcrypt signs its owner in and is an Argon2id hash afterwards', async () => {
    const test = createTestAuth()
    const made = await test.auth.users.create({ email, password: testPassword, emailVerified: true })
    const subject = async (): Promise<Credential | undefined> => {
      const user = (await test.storage.listUsers({ limit: 1 })).items[0]
      return user && (await test.storage.findSubject(user.id))?.credentials[0]
    }
    const { id, secret } = (await subject()) ?? {}
    if (!made.ok || id === undefined || typeof secret !== 'string') throw new TypeError('the user has a password')
    const to = await bcryptHash(testPassword, { cost: 4 })
    await test.storage.commit([{ kind: 'replaceCredentialSecret', credentialId: id, from: secret, to }], 0)
    expect((await test.signIn(test.browser(), email, 'a wrong horse')).status).toBe(401)
    expect((await subject())?.secret).toBe(to)
    expect((await test.signIn(test.browser(), email)).body).toMatchObject({ status: 'signed_in' })
    await test.auth.close()
    expect((await subject())?.secret).toMatch(/^\$argon2id\$/)
    expect((await test.signIn(test.browser(), email)).body).toMatchObject({ status: 'signed_in' })
  })
})
