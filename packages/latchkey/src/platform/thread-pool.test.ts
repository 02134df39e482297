import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

/** In a process of its own, since a thread's priority cannot be raised again. */
async function priorities(before: string): Promise<{ loop: number; pool: readonly number[] }> {
  const file = new URL('./thread-pool.ts', import.meta.url).href
  const code = `
    import { getPriority } from 'node:os'
    import { readFile } from 'node:fs/promises'
    import { poolThreads, yieldToLoop } from ${JSON.stringify(file)}
    await readFile('/proc/self/comm')
    ${before}
    console.log(JSON.stringify({ loop: getPriority(), pool: poolThreads().map((thread) => getPriority(thread)) }))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code])
  return JSON.parse(stdout) as { loop: number; pool: readonly number[] }
}

describe.runIf(process.platform === 'linux')('yieldToLoop', () => {
  it('puts every thread of the pool five steps behind the loop, and the loop where it was', async () => {
    const { loop, pool } = await priorities('yieldToLoop(); yieldToLoop()')
    expect(pool).toEqual(Array.from({ length: 4 }, () => Math.min(19, loop + 5)))
  })

  it('is asked for: by itself nothing is put behind', async () => {
    const { loop, pool } = await priorities('')
    expect(pool).toEqual(Array.from({ length: 4 }, () => loop))
  })
})
