import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const bench = (...args: readonly string[]): Promise<{ stdout: string; stderr: string }> =>
  promisify(execFile)(process.execPath, ['bench/run.mjs', '--no-build', ...args], { cwd: root })

it('measures the engine with nothing installed that only the benchmarks need', { timeout: 60_000 }, async () => {
  const { stdout } = await bench('--only', 'smoke', '--quick')
  expect(stdout).toContain('▸ smoke: The harness itself')
  expect(stdout).toMatch(/requests over HTTP that were not answered\s+0.*met$/m)
})

it('refuses a benchmark that there is not, by name', async () => {
  await expect(bench('--only', 'everything')).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--only wants one of: smoke'),
  })
})
