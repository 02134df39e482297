import { describe, expect, it } from 'vitest'
import { creationOptions, requestOptions } from '../methods/passkey/webauthn/options.ts'
import { verifyAssertion } from '../methods/passkey/webauthn/verify-assertion.ts'
import { verifyRegistration } from '../methods/passkey/webauthn/verify-registration.ts'
import { toBase64Url } from '../platform/bytes.ts'
import { testEpochAt } from './fake-clock.ts'
import { createSeededRandom } from './seeded-random.ts'
import { createSoftwareAuthenticator } from './software-authenticator.ts'

const random = createSeededRandom()
const [rpId, origin] = ['app.example.com', 'https://app.example.com']
const expectation = { rpId, origins: [origin], embeddedIn: null, userVerification: true }

const creation = (exclude: readonly string[] = []): ReturnType<typeof creationOptions> =>
  creationOptions({
    rp: { id: rpId, name: 'Acme' },
    user: { id: toBase64Url(random.bytes(32)), name: 'ada@example.com', displayName: 'Ada' },
    challenge: toBase64Url(random.bytes(32)),
    algorithms: [-8, -7, -257],
    timeoutMs: 1_000,
    exclude: exclude.map((id) => ({ id, transports: [] })),
    alone: true,
    attestation: 'none',
  })

const request = (allow: readonly string[] = []): ReturnType<typeof requestOptions> =>
  requestOptions({
    rpId,
    challenge: toBase64Url(random.bytes(32)),
    timeoutMs: 1_000,
    allow: allow.map((id) => ({ id, transports: [] })),
    userVerification: 'required',
  })

describe('the software authenticator', () => {
  it('registers and signs in bytes that the ceremonies accept, counting up', () => {
    const authenticator = createSoftwareAuthenticator()
    const options = creation()
    const registered = verifyRegistration(authenticator.create(options), {
      ...expectation,
      challenge: options.challenge,
      algorithms: [-7],
      syncable: false,
      trustedRoots: null,
      now: testEpochAt,
    })
    if (!registered.ok) throw new Error(registered.reason)
    const { credential } = registered
    const counters = [1, 2].map(() => {
      const asked = request([credential.credentialId])
      const response = authenticator.get(asked)
      expect(response.response.userHandle).toBe(options.user.id)
      return verifyAssertion(response, { expected: { ...expectation, challenge: asked.challenge }, credential })
    })
    const seen = { ok: true, userVerified: true, backedUp: false }
    expect(counters).toEqual([
      { ...seen, counter: 1 },
      { ...seen, counter: 2 },
    ])
  })

  it('keeps a synced key at counter 0, and copies it with a clone', () => {
    const authenticator = createSoftwareAuthenticator({ kind: 'synced' })
    const options = creation()
    const registered = verifyRegistration(authenticator.create(options), {
      ...expectation,
      challenge: options.challenge,
      algorithms: [-7],
      syncable: true,
      trustedRoots: null,
      now: testEpochAt,
    })
    if (!registered.ok) throw new Error(registered.reason)
    const { credential } = registered
    const asked = request()
    const answer = verifyAssertion(authenticator.clone().get(asked), {
      expected: { ...expectation, challenge: asked.challenge },
      credential,
    })
    expect(answer).toEqual({ ok: true, userVerified: true, backedUp: true, counter: 0 })
  })

  it('refuses what a real one refuses', () => {
    const authenticator = createSoftwareAuthenticator()
    authenticator.create(creation())
    expect(() => authenticator.create(creation(authenticator.credentialIds()))).toThrow('InvalidStateError')
    expect(() => authenticator.get({ ...request(), rpId: 'evil.example' })).toThrow('NotAllowedError')
    expect(() => authenticator.get(request(['AAAA']))).toThrow('NotAllowedError')
  })
})
