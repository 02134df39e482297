import { expect, it } from 'vitest'
import { issueChallenge } from '../challenge/issue-challenge.ts'
import { noContext } from '../core/request-context.ts'
import { aTestUser } from '../testing/test-session.ts'
import { createTestCore } from '../testing/test-core.ts'
import { chargeAttempt } from './charge-attempt.ts'

it('an attempt is its own person’s, whoever has the address meanwhile that it was begun with', async () => {
  const core = createTestCore()
  const [owner, other] = [await aTestUser(core), await aTestUser(core)]
  for (const email of [owner.email, other.email]) {
    const issued = issueChallenge(core, {
      purpose: 'sign-in',
      userId: owner.id,
      account: 'a'.repeat(22),
      mode: 'token',
      ttlMs: 60_000,
      code: 'none',
      data: { email, mode: 'token', proofs: [], factors: ['password'], epoch: 0, template: 'sign-in-code' },
    })
    await core.store.commit([issued.write], core.clock.now())
    const presented = { attempt: issued.handle, binding: undefined, device: undefined }
    const wanted = { factor: 'password', method: 'password', charges: () => [] } as const
    const charged = await chargeAttempt(core, noContext, presented, wanted)
    expect(charged).toMatchObject({ ok: true, subject: { user: { id: owner.id } } })
  }
})
