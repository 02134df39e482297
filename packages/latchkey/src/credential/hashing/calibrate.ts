import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { hashArgon2id } from './argon2id.ts'
import { argon2Presets, type Argon2Parameters } from './argon2-parameters.ts'
import { defaultSlots } from './password-hasher.ts'

export interface CalibrateOptions {
  readonly clock: Clock
  readonly random: Random
  /** How long one hash may take while all slots hash. Default 100 ms. */
  readonly targetMs?: number
  /** How many hash at once. Default what the hasher admits. */
  readonly slots?: number
  /** Hashes a slot and set. Default 5. */
  readonly rounds?: number
  readonly candidates?: readonly Argon2Parameters[]
}

export interface Calibration {
  readonly measurements: readonly HashMeasurement[]
  /** The dearest set within the target; OWASP's minimum when none is. */
  readonly recommended: Argon2Parameters
}

export interface HashMeasurement {
  readonly parameters: Argon2Parameters
  /** Mean time of one hash while all slots hash. */
  readonly meanMs: number
  /** All slots together: the most sign-ins that this process can verify. */
  readonly hashesPerSecond: number
}

/** OWASP's minimum first, then more memory, which is what costs an attacker with graphics cards most (RFC 9106 section 4). */
const ladder: readonly Argon2Parameters[] = [
  argon2Presets.owasp,
  { memoryKib: 47_104, passes: 1, lanes: 1 },
  { memoryKib: 32_768, passes: 2, lanes: 1 },
  { memoryKib: 47_104, passes: 2, lanes: 1 },
  { memoryKib: 65_536, passes: 3, lanes: 1 },
  argon2Presets.rfc9106,
  { memoryKib: 131_072, passes: 3, lanes: 1 },
  { memoryKib: 262_144, passes: 3, lanes: 1 },
]

/** Measures sets of parameters on this machine, as they would run under load, and recommends one. Takes a few seconds. */
export async function calibrate(options: CalibrateOptions): Promise<Calibration> {
  const { targetMs = 100, candidates = ladder } = options
  const measurements: HashMeasurement[] = []
  for (const parameters of candidates) measurements.push(await measure(parameters, options))
  const affordable = measurements.filter(({ meanMs }) => meanMs <= targetMs)
  const dearest = affordable.toSorted((a, b) => workOf(b.parameters) - workOf(a.parameters))[0]
  return { measurements, recommended: dearest?.parameters ?? argon2Presets.owasp }
}

async function measure(parameters: Argon2Parameters, options: CalibrateOptions): Promise<HashMeasurement> {
  const { clock, random, slots = defaultSlots(), rounds = 5 } = options
  const password = random.bytes(16)
  // The first hash pays for the memory and, the very first, for loading the binding.
  await hashArgon2id(password, parameters, random)
  const startedAt = clock.now()
  await Promise.all(
    Array.from({ length: slots }, async () => {
      for (let round = 0; round < rounds; round++) await hashArgon2id(password, parameters, random)
    }),
  )
  const tookMs = Math.max(1, clock.now() - startedAt)
  return { parameters, meanMs: tookMs / rounds, hashesPerSecond: (1_000 * slots * rounds) / tookMs }
}

function workOf({ memoryKib, passes }: Argon2Parameters): number {
  return memoryKib * passes
}
