import { describe, expect, it } from 'vitest'
import { dayMs } from '../platform/clock.ts'
import { createTestAuth } from '../testing/test-auth.ts'
import { createTestCore } from '../testing/test-core.ts'
import {
  aTestSession,
  aTestUser,
  bearer,
  countingStore,
  signInAgain,
  signUpWithTokens,
} from '../testing/test-session.ts'
import { judgeSession } from './judge-session.ts'

const email = 'ada@example.com'

describe('the life of a session', () => {
  it('ends at the absolute limit to the millisecond, however busy it is', async () => {
    const test = createTestAuth({ session: { absoluteMs: 10 * dayMs } })
    const ada = await test.signUp(email)
    const bornAt = test.clock.now()
    for (let day = 1; day < 10; day++) {
      test.clock.set(bornAt + day * dayMs)
      expect((await ada.get('/session')).status).toBe(200)
      await test.auth.close()
    }
    test.clock.set(bornAt + 10 * dayMs - 1)
    expect((await ada.get('/session')).status).toBe(200)
    test.clock.set(bornAt + 10 * dayMs)
    expect((await ada.get('/session')).status).toBe(401)
  })

  it('ends at the idle limit to the millisecond', async () => {
    const test = createTestAuth()
    const ada = await test.signUp(email)
    const bornAt = test.clock.now()
    test.clock.set(bornAt + 7 * dayMs)
    expect((await ada.get('/session')).status).toBe(401)
    test.clock.set(bornAt + 7 * dayMs - 1)
    expect((await ada.get('/session')).status).toBe(200)
  })

  it('is measured from the last request, once that was written', async () => {
    const test = createTestAuth()
    const ada = await test.signUp(email)
    const bornAt = test.clock.now()
    test.clock.set(bornAt + 6 * dayMs)
    await ada.get('/session')
    await test.auth.close()
    test.clock.set(bornAt + 13 * dayMs - 1)
    expect((await ada.get('/session')).status).toBe(200)
    test.clock.set(bornAt + 13 * dayMs)
    expect((await ada.get('/session')).status).toBe(401)
  })

  it('is not revived by a request after its end', async () => {
    const test = createTestAuth()
    const ada = await test.signUp(email)
    const bornAt = test.clock.now()
    test.clock.set(bornAt + 7 * dayMs)
    expect((await ada.get('/session')).status).toBe(401)
    await test.auth.close()
    test.clock.set(bornAt + 7 * dayMs + 1)
    expect((await ada.get('/session')).status).toBe(401)
  })

  it('goes on when the clock steps back, and no refused session comes to life by it', async () => {
    const test = createTestAuth()
    const ada = await test.signUp(email)
    test.clock.set(test.clock.now() - dayMs)
    expect((await ada.get('/session')).status).toBe(200)
    expect((await ada.delete('/session')).status).toBe(204)
    test.clock.set(test.clock.now() - dayMs)
    expect((await ada.get('/session')).status).toBe(401)
  })

  it('ends with the user, with a block, and does not come back with the unblocking', async () => {
    const test = createTestAuth()
    const ada = await test.signUp(email)
    const user = await test.auth.users.findByEmail(email)
    expect(await test.auth.users.block(user?.id ?? '')).toEqual({ ok: true })
    expect((await ada.get('/session')).status).toBe(401)
    expect(await test.auth.users.unblock(user?.id ?? '')).toEqual({ ok: true })
    expect((await ada.get('/session')).status).toBe(401)
    const again = await signInAgain(test, email)
    expect((await again.get('/session')).status).toBe(200)
    expect(await test.auth.users.delete(user?.id ?? '')).toEqual({ ok: true })
    expect((await again.get('/session')).status).toBe(401)
  })

  it('ends with the epoch even where its row was not revoked', async () => {
    const core = createTestCore()
    const user = await aTestUser(core)
    const { session } = await aTestSession(core, user)
    const now = core.clock.now()
    expect(judgeSession(core, { session, user }, now)).toBeUndefined()
    expect(judgeSession(core, { session, user: { ...user, epoch: 1 } }, now)).toBe('epoch_changed')
    expect(judgeSession(core, { session: { ...session, epoch: 1 }, user }, now)).toBe('epoch_changed')
    expect(judgeSession(core, { session, user: { ...user, blockedAt: now } }, now)).toBe('blocked')
  })

  it('costs one query and no commit without the cache, with the cookie and with the access token', async () => {
    const core = createTestCore()
    const { store, calls } = countingStore(core.store)
    const test = createTestAuth({ storage: store, clock: core.clock, sessionCache: false })
    const ada = await test.signUp(email)
    const { tokens, client } = await signUpWithTokens(test, 'native@example.com')
    // The signing keys are read once a minute, not once a request.
    await client.get('/session', bearer(tokens.accessToken))
    for (const headers of [{}, bearer(tokens.accessToken)]) {
      calls.clear()
      const asking = 'authorization' in headers ? client : ada
      expect((await asking.get('/session', headers)).status).toBe(200)
      expect(Object.fromEntries(calls)).toEqual({ findSession: 1 })
    }
    calls.clear()
    expect((await test.browser().get('/session')).status).toBe(401)
    expect((await test.browser().get('/session', { cookie: '__Host-latchkey=rubbish' })).status).toBe(401)
    expect(calls.size).toBe(0)
  })
})
