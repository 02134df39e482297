import { expect, it } from 'vitest'
import { brand } from '../platform/brand.ts'
import { newIdentity } from '../methods/oauth/identity.ts'
import { openTokens } from '../methods/oauth/sealed-tokens.ts'
import { createTestAuth } from '../testing/test-auth.ts'
import { createTestCore, testSecret } from '../testing/test-core.ts'
import { countHangingOn } from './hanging-on.ts'
import { resealEverything } from './reseal.ts'

const newSecret = 'a newer secret for tests that is long enough'
const tokens = { accessToken: 'access', refreshToken: 'refresh', expiresAt: null, scope: null }

it("a new secret takes over a provider's tokens, and the identities that keep none", async () => {
  const test = createTestAuth()
  await test.signUp('ada@example.com')
  const user = await test.auth.users.findByEmail('ada@example.com')
  const old = createTestCore({ clock: test.clock, store: test.storage, secrets: [testSecret] })
  const identities = [tokens, null].map((kept, index) =>
    newIdentity(old, {
      userId: brand(user?.id ?? ''),
      provider: 'acme',
      profile: {
        issuer: 'https://id.acme.example',
        subject: String(index),
        email: null,
        emailVerified: false,
        name: null,
        picture: null,
      },
      tokens: kept,
    }),
  )
  const writes = identities.map((credential) => ({ kind: 'addCredential', credential }) as const)
  await test.storage.commit(writes, test.clock.now())
  const both = createTestCore({ clock: test.clock, store: test.storage, secrets: [newSecret, testSecret] })
  expect((await countHangingOn(both)).providerTokens).toEqual({ newest: 0, old: 2, unknown: 0 })
  expect((await resealEverything(both, () => undefined)).providerTokens).toBe(2)
  const alone = createTestCore({ clock: test.clock, store: test.storage, secrets: [newSecret] })
  expect((await countHangingOn(alone)).providerTokens).toEqual({ newest: 2, old: 0, unknown: 0 })
  const { items } = await test.storage.listCredentials({ method: 'oauth', limit: 10 })
  expect(items.map(({ id, secret }) => openTokens(alone.keys, id, secret ?? '').tokens)).toEqual([tokens, null])
})
