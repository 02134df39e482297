import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createLoopDelay } from './loop-delay.ts'

function block(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

describe('createLoopDelay', () => {
  it('tells a loop that is kept busy from one that is not, and forgets when it is stopped', async () => {
    const loopDelay = createLoopDelay()
    expect(loopDelay.delayMs()).toBe(0)
    loopDelay.start()
    for (let round = 0; round < 15; round++) {
      block(40)
      await sleep(1)
    }
    expect(loopDelay.delayMs()).toBeGreaterThan(20)
    loopDelay.stop()
    expect(loopDelay.delayMs()).toBe(0)
  })

  it('does not keep a process alive', async () => {
    const file = new URL('./loop-delay.ts', import.meta.url).href
    const code = `import { createLoopDelay } from ${JSON.stringify(file)}; createLoopDelay().start()`
    const run = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code], { timeout: 10_000 })
    await expect(run).resolves.toMatchObject({ stdout: '' })
  })
})
