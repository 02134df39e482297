import { describe, expect, it } from 'vitest'
import { systemClock } from '../../platform/clock.ts'
import { systemRandom } from '../../platform/random.ts'
import { argon2Presets } from './argon2-parameters.ts'
import { calibrate } from './calibrate.ts'

const candidates = [
  { memoryKib: 8_192, passes: 1, lanes: 1 },
  { memoryKib: 65_536, passes: 3, lanes: 1 },
]
const ports = { clock: systemClock, random: systemRandom, candidates, slots: 2, rounds: 2 }

describe('calibrate', () => {
  it('measures each set on this machine and recommends the dearest that is fast enough', async () => {
    const { measurements, recommended } = await calibrate({ ...ports, targetMs: 60_000 })
    expect(measurements.map(({ parameters }) => parameters)).toEqual(candidates)
    const [cheap, dear] = measurements
    expect(dear?.meanMs).toBeGreaterThan(cheap?.meanMs ?? Infinity)
    expect(cheap?.hashesPerSecond).toBeGreaterThan(dear?.hashesPerSecond ?? Infinity)
    expect(recommended).toEqual(candidates[1])
  })

  it('never recommends less than the minimum of OWASP because a machine is slow', async () => {
    const { recommended } = await calibrate({ ...ports, targetMs: 0 })
    expect(recommended).toEqual(argon2Presets.owasp)
  })
})
