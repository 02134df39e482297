import { calibrate } from '../../credential/hashing/calibrate.ts'
import { systemClock } from '../../platform/clock.ts'
import { systemRandom } from '../../platform/random.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { table } from '../table.ts'

export const command: Command = {
  description:
    'Measures how long password hashes take on this machine while as many run at once as the server admits, and recommends the dearest parameters within the target. Takes some seconds.',
  options: {
    target: { type: 'string', value: 'MS', help: 'how long one hash may take, 10 to 2000 ms (100)' },
    slots: { type: 'string', value: 'N', help: 'how many hash at once (what the server admits)' },
    rounds: { type: 'string', value: 'N', help: 'hashes a slot and set of parameters, 1 to 50 (5)' },
  },
  examples: ['latchkey calibrate', 'latchkey calibrate --target 250 --json'],
  needsNoConfig: true,
  async run({ option, answer, refuse, console }) {
    const targetMs = numberOf(option('target'), 10, 2_000)
    const slots = numberOf(option('slots'), 1, 64)
    const rounds = numberOf(option('rounds'), 1, 50)
    if (targetMs === 'wrong' || slots === 'wrong' || rounds === 'wrong') {
      return refuse(
        'usage',
        '--target, --slots and --rounds are numbers; --help says from where to where.',
        exitCodes.usage,
      )
    }
    console.progress('measuring …')
    const { measurements, recommended } = await calibrate({
      clock: systemClock,
      random: systemRandom,
      ...(targetMs === undefined ? {} : { targetMs }),
      ...(slots === undefined ? {} : { slots }),
      ...(rounds === undefined ? {} : { rounds }),
    })
    const variables = [
      `LATCHKEY_HASH_MEMORY_KIB=${recommended.memoryKib}`,
      `LATCHKEY_HASH_PASSES=${recommended.passes}`,
      `LATCHKEY_HASH_LANES=${recommended.lanes}`,
    ]
    const rows = measurements.map(({ parameters: { memoryKib, passes, lanes }, meanMs, hashesPerSecond }) => [
      String(memoryKib),
      String(passes),
      String(lanes),
      meanMs.toFixed(1),
      hashesPerSecond.toFixed(1),
    ])
    answer(
      { measurements, recommended },
      `${table([['KIB', 'PASSES', 'LANES', 'MS A HASH', 'HASHES A SECOND'], ...rows])}\nRecommended:\n${variables.join('\n')}\n`,
    )
    return exitCodes.ok
  },
}

function numberOf(text: string | undefined, from: number, to: number): number | undefined | 'wrong' {
  if (text === undefined) return undefined
  const value = Number(text)
  return Number.isInteger(value) && value >= from && value <= to ? value : 'wrong'
}
