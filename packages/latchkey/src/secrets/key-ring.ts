import { createCipheriv, createDecipheriv, createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'
import { fromBase64Url, fromUtf8, toBase64Url } from '../platform/bytes.ts'
import { LatchkeyError } from '../platform/errors.ts'
import type { Random } from '../platform/random.ts'
import { equal } from './equal.ts'
import { createMac } from './hmac.ts'

/**
 * Everything that is derived from `LATCHKEY_SECRET`. The ring holds the secrets newest first: the newest makes, all of them recognise.
 * Tokens, digests and sealed values begin with the id of their key, so that one can be replaced while old values live (NIST SP 800-57:
 * one key, one use; each use below has its own key by HKDF, RFC 5869).
 */
export interface KeyRing {
  /** A fresh 256-bit bearer secret and its digest. Only the digest is stored. It covers what stands behind the token too. */
  mintToken(purpose: TokenPurpose, behind?: string): MintedToken
  /** The digest under which a presented token would be stored; `undefined` when its spelling or key is not ours. */
  digestToken(purpose: TokenPurpose, token: string, behind?: string): string | undefined
  /** Digest of something that is derived under the key of another token: the turns of a refresh token. */
  digestUnder(token: string, purpose: TokenPurpose, value: string): string | undefined
  /** Keyed digest of a short code. `bound` names what the code belongs to, so that it fits nowhere else. */
  digestCode(purpose: string, bound: string, code: string): string
  codeMatches(stored: string, purpose: string, bound: string, code: string): boolean
  /** AES-256-GCM; `label` is authenticated, so that a sealed value cannot be moved to another place. */
  seal(label: string, plaintext: string): string
  /** @throws LatchkeyError `key_unknown`, `sealed_value_broken` */
  open(label: string, sealed: string): string
  mac(label: string, text: string): string
  macMatches(label: string, text: string, mac: string): boolean
  /** A short stable pseudonym of a value, for keys of budgets: no address stands in the database in clear. */
  pseudonym(label: string, value: string): string
  /** Ids of the keys, newest first. */
  readonly keyIds: readonly string[]
}

export type TokenPurpose = 'session' | 'refresh-family' | 'refresh-turn' | 'device' | 'handle' | 'binding'

export interface MintedToken {
  readonly token: string
  readonly digest: string
}

/** @example const ring = createKeyRing([process.env.LATCHKEY_SECRET], systemRandom) */
export function createKeyRing(secrets: readonly string[], random: Random): KeyRing {
  const keys = secrets.map(createKey)
  const newest = keys[0]
  if (newest === undefined) throw new LatchkeyError('config_invalid', 'No secret was given.')
  const byId = new Map(keys.map((key) => [key.id, key]))
  if (byId.size !== keys.length) throw new LatchkeyError('config_invalid', 'The list of secrets names one twice.')

  const keyOf = (text: string): Key | undefined => byId.get(text.slice(0, idLength))
  const digest = (key: Key, use: string, value: string): string => key.id + key.mac(use, value)

  return {
    keyIds: keys.map((key) => key.id),
    mintToken(purpose, behind = '') {
      const token = newest.id + toBase64Url(random.bytes(32))
      return { token, digest: digest(newest, `token/${purpose}`, token + behind) }
    },
    digestToken(purpose, token, behind = '') {
      if (token.length !== idLength + 43 || !isBase64Url.test(token)) return undefined
      const key = keyOf(token)
      return key && digest(key, `token/${purpose}`, token + behind)
    },
    digestUnder(token, purpose, value) {
      const key = keyOf(token)
      return key && digest(key, `token/${purpose}`, value)
    },
    digestCode: (purpose, bound, code) => digest(newest, `code/${purpose}`, `${bound}\n${code}`),
    codeMatches(stored, purpose, bound, code) {
      const key = keyOf(stored)
      return key !== undefined && equal(stored, digest(key, `code/${purpose}`, `${bound}\n${code}`))
    },
    seal(label, plaintext) {
      return newest.id + sealWith(newest.sealing(), random, label, plaintext)
    },
    open(label, sealed) {
      const key = keyOf(sealed)
      if (key === undefined) throw new LatchkeyError('key_unknown')
      return openWith(key.sealing(), label, sealed.slice(idLength))
    },
    mac: (label, text) => digest(newest, `mac/${label}`, text),
    macMatches(label, text, mac) {
      const key = keyOf(mac)
      return key !== undefined && equal(mac, digest(key, `mac/${label}`, text))
    },
    pseudonym: (label, value) => newest.mac(`pseudonym/${label}`, value).slice(0, 22),
  }
}

/** Seals under a key that is not of the ring, such as a person's own. @throws nothing */
export function sealWith(key: KeyObject, random: Random, label: string, plaintext: string): string {
  const nonce = random.bytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(Buffer.from(label))
  const sealed = Buffer.concat([nonce, cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()])
  return toBase64Url(sealed)
}

/** @throws LatchkeyError `sealed_value_broken` */
export function openWith(key: KeyObject, label: string, sealed: string): string {
  const bytes = fromBase64Url(sealed)
  if (bytes === undefined || bytes.length < 28) throw new LatchkeyError('sealed_value_broken')
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12))
    decipher.setAAD(Buffer.from(label))
    decipher.setAuthTag(bytes.subarray(-16))
    const opened = decipher.update(bytes.subarray(12, -16))
    // GCM holds nothing back: this gives no more bytes and throws where the tag is not the right one.
    decipher.final()
    return fromUtf8(opened)
  } catch (cause) {
    throw new LatchkeyError('sealed_value_broken', undefined, { cause })
  }
}

interface Key {
  readonly id: string
  /** Imported once, as every key is before it is used: under bytes Node takes a cipher for 18 µs, under a key object for 2. */
  sealing(): KeyObject
  /** The HMAC of a text under the key of this use. */
  mac(use: string, text: string): string
}

const idLength = 6
const isBase64Url = /^[A-Za-z0-9_-]+$/

function createKey(secret: string): Key {
  const derive = (use: string): Uint8Array => new Uint8Array(hkdfSync('sha256', secret, 'latchkey/v1', use, 32))
  const macs = new Map<string, (text: string) => string>()
  const mac = (use: string, text: string): string => {
    let known = macs.get(use)
    if (known === undefined) macs.set(use, (known = createMac(derive(use))))
    return known(text)
  }
  let sealKey: KeyObject | undefined
  return {
    id: mac('id', 'id').slice(0, idLength),
    sealing: () => (sealKey ??= createSecretKey(derive('seal'))),
    mac,
  }
}

/** HMAC-SHA-256 of `text` under a bearer secret itself: how a refresh turn derives its successor. */
export function deriveToken(secret: string, text: string): string {
  return createHmac('sha256', secret).update(text).digest('base64url')
}
