import { fromBase64Url, toBase64Url } from '../../platform/bytes.ts'
import type { Random } from '../../platform/random.ts'
import { exceedsCaps, isWeaker, type Argon2Parameters } from './argon2-parameters.ts'
import type { PasswordVerifier } from './verifier.ts'

// 128 bits of salt and 256 of tag (RFC 9106 section 4).
const saltBytes = 16
const tagBytes = 32

/** `$argon2id$v=19$…` in the PHC string format. */
export const argon2idVerifier: PasswordVerifier = {
  prefixes: ['$argon2id$'],
  inspect(hash) {
    const read = parseArgon2id(hash)
    if (read === undefined) return { ok: false, reason: 'broken' }
    if (exceedsCaps(read.parameters)) return { ok: false, reason: 'above_caps' }
    const isShort = read.saltBytes < saltBytes || read.tagBytes < tagBytes
    return { ok: true, needsRehash: (wanted) => isShort || isWeaker(read.parameters, wanted) }
  },
  async verify(password, hash) {
    const { verify } = await import('@node-rs/argon2')
    return verify(hash, password)
  },
}

export async function hashArgon2id(
  password: Uint8Array,
  parameters: Argon2Parameters,
  random: Random,
): Promise<string> {
  const { hash } = await import('@node-rs/argon2')
  const { memoryKib, passes, lanes } = parameters
  // Argon2id, version 19, is the binding's default; its enums are ambient and cannot be named under isolatedModules.
  return hash(password, {
    memoryCost: memoryKib,
    timeCost: passes,
    parallelism: lanes,
    outputLen: tagBytes,
    salt: random.bytes(saltBytes),
  })
}

/** A well-formed hash of nothing: salt and tag are random, so it costs what a real one costs and no password fits it. */
export function unmatchableArgon2id({ memoryKib, passes, lanes }: Argon2Parameters, random: Random): string {
  const salt = toBase64(random.bytes(saltBytes))
  const tag = toBase64(random.bytes(tagBytes))
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${lanes}$${salt}$${tag}`
}

interface Argon2idHash {
  readonly parameters: Argon2Parameters
  readonly saltBytes: number
  readonly tagBytes: number
}

const pattern =
  /^\$argon2id\$v=19\$m=([1-9]\d{0,9}),t=([1-9]\d{0,9}),p=([1-9]\d{0,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

function parseArgon2id(hash: string): Argon2idHash | undefined {
  if (hash.length > 256) return undefined
  const [, memory, passes, lanes, salt, tag] = pattern.exec(hash) ?? []
  if (salt === undefined || tag === undefined) return undefined
  const parameters = { memoryKib: Number(memory), passes: Number(passes), lanes: Number(lanes) }
  if (parameters.memoryKib < 8 * parameters.lanes) return undefined
  const saltLength = fromBase64(salt)?.length ?? 0
  const tagLength = fromBase64(tag)?.length ?? 0
  // RFC 9106 section 3.1 allows more; the binding takes salts of 8 to 48 and tags of up to 64 bytes, and below 16 a tag is no proof.
  if (saltLength < 8 || saltLength > 48 || tagLength < 16 || tagLength > 64) return undefined
  return { parameters, saltBytes: saltLength, tagBytes: tagLength }
}

function toBase64(bytes: Uint8Array): string {
  return toBase64Url(bytes).replaceAll('-', '+').replaceAll('_', '/')
}

function fromBase64(text: string): Uint8Array | undefined {
  return fromBase64Url(text.replaceAll('+', '-').replaceAll('/', '_'))
}
