import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { joinedModule } from '../../bench/harness/joined-module.ts'
import { sumUp } from '../../bench/harness/profile.ts'

const frame = (
  functionName: string,
  url: string,
): { functionName: string; url: string; scriptId: string; lineNumber: number; columnNumber: number } => ({
  functionName,
  url,
  scriptId: '1',
  lineNumber: 9,
  columnNumber: 0,
})

it('sums up self time by place, gives compiled code to its caller, leaves out idle time and the profiler, and names no path of this machine', () => {
  const profile = sumUp({
    startTime: 0,
    endTime: 1_000,
    nodes: [
      { id: 1, callFrame: frame('(root)', ''), children: [2, 3, 5, 6] },
      { id: 2, callFrame: frame('read', 'file:///home/me/app/packages/latchkey/dist/storage/read.js'), children: [4] },
      { id: 3, callFrame: frame('(idle)', '') },
      { id: 4, callFrame: frame('all', '') },
      { id: 5, callFrame: frame('query', 'file:///home/me/app/node_modules/pg/lib/client.js') },
      { id: 6, callFrame: frame('post', 'node:inspector') },
    ],
    samples: [2, 3, 4, 5, 6],
    timeDeltas: [100, 900, 300, 100, 500],
  })
  expect(profile.sampledMs).toBeCloseTo(0.5)
  expect(profile.places).toEqual([
    { name: 'native of latchkey/storage/read.js', share: 0.6 },
    { name: 'latchkey/storage/read.js', share: 0.2 },
    { name: 'npm:pg', share: 0.2 },
  ])
  expect(JSON.stringify(profile)).not.toContain('/home')
})

it('names the module that a line of a built file came from', () => {
  const file = new URL('../../packages/latchkey/dist/bin.js', import.meta.url)
  const lines = readFileSync(file, 'utf8').split('\n')
  const begins = lines.indexOf('// cli/help.js')
  expect(begins).toBeGreaterThan(0)
  expect(joinedModule(file.href, begins + 5)).toBe('cli/help.js')
  expect(joinedModule(file.href, begins - 1)).toBe('cli/command-table.js')
  expect(joinedModule(file.href, 0)).toBeUndefined()
})
