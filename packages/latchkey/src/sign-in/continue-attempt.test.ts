import { describe, expect, it } from 'vitest'
import type { AmrEntry } from '../assurance/assurance.ts'
import type { FactorName } from '../challenge/challenge-data.ts'
import { issueChallenge } from '../challenge/issue-challenge.ts'
import { noContext } from '../core/request-context.ts'
import { createTestCore, type TestCore } from '../testing/test-core.ts'
import { aTestUser } from '../testing/test-session.ts'
import type { User } from '../user/user.ts'
import { continueAttempt } from './continue-attempt.ts'
import type { SignInResult } from './sign-in-result.ts'

const passwordProof: AmrEntry = { method: 'password', amr: 'pwd', factor: 'knowledge', channel: 'typed', at: 0 }

/** A pending sign-in of the user (or of nobody) that wants `factors`, to which somebody brings a password. */
async function bringPassword(
  core: TestCore,
  user: User,
  { factors, owner = user.id }: { readonly factors: readonly FactorName[]; readonly owner?: User['id'] | null },
): Promise<SignInResult> {
  const { challenge, write } = issueChallenge(core, {
    purpose: 'sign-in',
    userId: owner,
    account: 'a'.repeat(22),
    mode: 'token',
    ttlMs: 60_000,
    code: 'none',
    data: { email: user.email, mode: 'token', proofs: [], factors, epoch: user.epoch, template: 'sign-in-code' },
  })
  await core.store.commit([write], core.clock.now())
  return continueAttempt(core, noContext, {
    challenge,
    factor: 'password',
    proofs: [passwordProof],
    writes: [{ kind: 'consumeChallenge', challengeId: challenge.id }],
    presented: { device: undefined, sessionToken: undefined, accessToken: undefined },
  })
}

const reasonOf = (result: SignInResult): string => (result.ok ? result.status : result.reason)

describe('a proof that is brought to a pending sign-in', () => {
  it('is taken when the attempt asked for it, and for nothing when it did not', async () => {
    const core = createTestCore()
    const user = await aTestUser(core)
    expect(reasonOf(await bringPassword(core, user, { factors: ['password'] }))).toBe('needs_factor')
    expect(reasonOf(await bringPassword(core, user, { factors: ['email_code', 'totp'] }))).toBe('factor_not_accepted')
    expect(reasonOf(await bringPassword(core, user, { factors: [] }))).toBe('factor_not_accepted')
  })

  it('is worth nothing in an attempt of nobody, of a blocked person and of one who is gone', async () => {
    const core = createTestCore()
    const [user, blocked, gone] = [await aTestUser(core), await aTestUser(core), await aTestUser(core)]
    await core.store.commit(
      [
        { kind: 'blockUser', userId: blocked.id, reason: null },
        { kind: 'deleteUser', userId: gone.id },
      ],
      core.clock.now(),
    )
    const reasons = [
      await bringPassword(core, user, { factors: ['password'], owner: null }),
      await bringPassword(core, blocked, { factors: ['password'] }),
      await bringPassword(core, gone, { factors: ['password'] }),
    ].map(reasonOf)
    expect(reasons).toEqual(['attempt_over', 'attempt_over', 'attempt_over'])
    const { items } = await core.store.listEvents({ limit: 10 })
    expect(items.map(({ kind }) => kind)).toEqual(['login.failure', 'login.failure', 'login.failure'])
  })
})
