import { describe, expect, it } from 'vitest'
import { nextRound, sharedRound } from './timers.ts'

describe('a shared round', () => {
  it('lets all who ask in it go on in step, whatever each has to do afterwards', async () => {
    const told: string[] = []
    async function ask(name: string): Promise<void> {
      await sharedRound()
      told.push(`${name} 1`)
      await Promise.resolve()
      told.push(`${name} 2`)
    }
    await Promise.all([ask('a'), ask('b')])
    expect(told).toEqual(['a 1', 'b 1', 'a 2', 'b 2'])
  })

  it('comes once the event loop went round, and the next time anew', async () => {
    for (let count = 0; count < 2; count++) {
      const told: string[] = []
      const shared = sharedRound().then(() => told.push('shared'))
      await Promise.resolve()
      expect(sharedRound()).toBe(sharedRound())
      expect(told).toEqual([])
      await nextRound()
      await shared
      expect(told).toEqual(['shared'])
    }
  })
})
