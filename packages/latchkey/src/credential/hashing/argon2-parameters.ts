import { LatchkeyError } from '../../platform/errors.ts'

/** Cost of one Argon2id hash (RFC 9106 section 3.1). */
export interface Argon2Parameters {
  /** `m`, in KiB. */
  readonly memoryKib: number
  /** `t`. */
  readonly passes: number
  /** `p`. */
  readonly lanes: number
}

export type Argon2PresetName = 'owasp' | 'rfc9106'

export const argon2Presets: Readonly<Record<Argon2PresetName, Argon2Parameters>> = {
  // OWASP Password Storage: 19 MiB, two passes, one lane. Some 12 ms on the class of machine this was chosen on.
  owasp: { memoryKib: 19_456, passes: 2, lanes: 1 },
  // RFC 9106 section 4, second recommended option: 64 MiB, three passes, four lanes. Four to nine times the work.
  rfc9106: { memoryKib: 65_536, passes: 3, lanes: 4 },
}

/** What is ever computed, whoever made the hash: a stored string must not be able to order more work than this. */
export const argon2Caps: Argon2Parameters = { memoryKib: 262_144, passes: 10, lanes: 16 }

// ASVS 11.4.2, Appendix C.3: the fewer the passes, the more memory.
const floors = [
  { passes: 1, memoryKib: 47_104 },
  { passes: 2, memoryKib: 19_456 },
  { passes: 3, memoryKib: 12_288 },
]

export interface Argon2Options {
  /** A preset or numbers of your own. Default `owasp`. */
  readonly parameters?: Argon2PresetName | Argon2Parameters
  /**
   * Accepts parameters below OWASP's list. Only for tests: whoever gets the database guesses that much faster.
   * @deprecated unsafe
   */
  readonly unsafeWeakParameters?: { readonly reason: string }
}

/** @throws LatchkeyError `config_invalid` for parameters below OWASP's list, above the caps, or not integers */
export function resolveArgon2Parameters(options: Argon2Options = {}): Argon2Parameters {
  const { parameters = 'owasp', unsafeWeakParameters } = options
  if (typeof parameters === 'string') return presetOf(parameters)
  const { memoryKib, passes, lanes } = parameters
  const told = `Argon2id m=${memoryKib}, t=${passes}, p=${lanes}`
  // RFC 9106 section 3.1: at least one pass, one lane, and 8 KiB a lane.
  if (![memoryKib, passes, lanes].every(isCount) || memoryKib < 8 * lanes) {
    throw new LatchkeyError('config_invalid', `${told} is not a set of Argon2 parameters.`)
  }
  if (exceedsCaps(parameters)) {
    const { memoryKib: m, passes: t, lanes: p } = argon2Caps
    throw new LatchkeyError('config_invalid', `${told} is above what is ever computed (m=${m}, t=${t}, p=${p}).`)
  }
  if (isBelowFloor(parameters) && !unsafeWeakParameters?.reason) {
    throw new LatchkeyError('config_invalid', `${told} is below OWASP's list; t=2 needs m=19456.`)
  }
  return { memoryKib, passes, lanes }
}

export function exceedsCaps({ memoryKib, passes, lanes }: Argon2Parameters): boolean {
  return memoryKib > argon2Caps.memoryKib || passes > argon2Caps.passes || lanes > argon2Caps.lanes
}

/** Weaker in any parameter: made again after the next right password. */
export function isWeaker(made: Argon2Parameters, wanted: Argon2Parameters): boolean {
  return made.memoryKib < wanted.memoryKib || made.passes < wanted.passes || made.lanes < wanted.lanes
}

function presetOf(name: string): Argon2Parameters {
  if (name === 'owasp' || name === 'rfc9106') return argon2Presets[name]
  throw new LatchkeyError('config_invalid', 'Argon2 presets are owasp and rfc9106.')
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1
}

function isBelowFloor({ memoryKib, passes }: Argon2Parameters): boolean {
  return !floors.some((floor) => passes >= floor.passes && memoryKib >= floor.memoryKib)
}
