import { isIP } from 'node:net'
import type { AmrEntry } from '../../assurance/assurance.ts'
import type { Settings } from '../../core/settings.ts'
import { minuteMs } from '../../platform/clock.ts'
import { LatchkeyError } from '../../platform/errors.ts'
import { readCertificate, type Certificate } from '../../secrets/certificate.ts'

export interface PasskeyOptions {
  /** Whether a passkey alone may start a sign-in. `false` takes those routes away; passkeys go on as second factors. Default true. */
  readonly firstFactor?: boolean
  /** Whether a person may register with a passkey in place of a password. Default: as `firstFactor`. */
  readonly signUp?: boolean
  /** The domain that keys are bound to: the host of `publicUrl` or a parent of it. It can never be changed without losing every passkey. Default: the host. */
  readonly rpId?: string
  /** Where ceremonies may happen, beside the origin of `publicUrl`; an Android app is `android:apk-key-hash:…`. Compared whole. Default none. */
  readonly origins?: readonly string[]
  /** Whether keys that a password manager copies between devices are taken. Default true. */
  readonly syncable?: boolean
  /** Certificates of makers (PEM): then only authenticators that prove their make by one of them are taken. Default: any, and none is asked. */
  readonly trustedRoots?: readonly string[]
}

/** The relying party, resolved (WebAuthn L3 section 1.2.4). */
export interface RelyingParty {
  readonly rpId: string
  readonly origins: readonly string[]
  readonly firstFactor: boolean
  readonly signUp: boolean
  readonly syncable: boolean
  readonly trustedRoots: readonly Certificate[] | null
}

/** Ed25519, ES256, RS256: what WebAuthn L3 section 5.4 recommends at least, the strongest first. RS256 is for Windows Hello. */
export const offeredAlgorithms: readonly number[] = [-8, -7, -257]

/** Life of a ceremony's ticket. WebAuthn L3 section 15.1 recommends five minutes; a page that offers passkeys in its field asks again. */
export const ceremonyTtlMs: number = 5 * minuteMs

/** Nobody has so many; a list without end is a list of somebody else's work. */
export const maxPasskeys: number = 50

/** Possession of the key, and, where the authenticator asked for a PIN or biometric, that too: two factors in one (NIST SP 800-63B-4 3.1.7). RFC 8176 `hwk` and `user`. */
export function passkeyProofs(userVerified: boolean, at: number): readonly AmrEntry[] {
  return [
    { method: 'passkey', amr: 'hwk', factor: 'possession', channel: 'authenticator', at },
    ...(userVerified ? [{ method: 'passkey', amr: 'user', factor: 'inherence', channel: 'local', at } as const] : []),
  ]
}

/** @throws LatchkeyError `config_invalid` */
export function resolveRelyingParty(options: PasskeyOptions, { publicUrl }: Pick<Settings, 'publicUrl'>): RelyingParty {
  const { origin, hostname } = new URL(publicUrl)
  const rpId = options.rpId ?? hostname
  // WebAuthn L3 section 5.1.3 step 7: an effective domain, which an address is not.
  if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0)
    throw invalid(`passkey(): no browser makes passkeys for an address (${hostname}); give publicUrl a name.`)
  if (rpId !== hostname && !(hostname.endsWith(`.${rpId}`) && rpId.includes('.')))
    throw invalid(`passkey(): rpId must be ${hostname} or a domain above it.`)
  const firstFactor = options.firstFactor ?? true
  return {
    rpId,
    origins: [origin, ...(options.origins ?? [])],
    firstFactor,
    signUp: options.signUp ?? firstFactor,
    syncable: options.syncable ?? true,
    trustedRoots: options.trustedRoots?.map(readRoot) ?? null,
  }
}

function readRoot(pem: string): Certificate {
  const certificate = readCertificate(pem)
  if (certificate === undefined) throw invalid('passkey(): trustedRoots has a text that is no certificate in PEM.')
  return certificate
}

function invalid(message: string): LatchkeyError {
  return new LatchkeyError('config_invalid', message)
}
