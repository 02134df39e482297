import { describe, expect, it } from 'vitest'
import { instantOfId, isId } from '../platform/ids.ts'
import { createTestCore } from '../testing/test-core.ts'
import { nobodyOf } from './nobody.ts'

describe('nobody', () => {
  it('is one an address, an id like any other, and older than every user', () => {
    const core = createTestCore()
    const [ada, bob] = [nobodyOf(core, 'a'.repeat(22)), nobodyOf(core, 'b'.repeat(22))]
    expect(nobodyOf(core, 'a'.repeat(22))).toBe(ada)
    expect(bob).not.toBe(ada)
    expect([isId(ada), instantOfId(ada)]).toEqual([true, 0])
    const accounts = Array.from({ length: 200 }, (_, index) => `account ${index}`)
    expect(new Set(accounts.map((account) => nobodyOf(core, account))).size).toBe(200)
    const elsewhere = createTestCore({ secrets: ['another secret for tests that is long enough'] })
    expect(nobodyOf(elsewhere, 'a'.repeat(22))).not.toBe(ada)
  })
})
