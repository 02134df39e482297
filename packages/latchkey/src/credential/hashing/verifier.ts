import type { Argon2Parameters } from './argon2-parameters.ts'

/** One family of stored hashes. The registry finds it by the prefix; bytes are always UTF-8 (the Argon2 binding verifies nothing else). */
export interface PasswordVerifier {
  readonly prefixes: readonly string[]
  /** Reads the stored string without any work. */
  inspect(hash: string): HashInspection
  /** Called only with a hash that `inspect` accepted. Works off the event loop. */
  verify(password: Uint8Array, hash: string): Promise<boolean>
}

export type HashInspection =
  | { readonly ok: true; readonly needsRehash: (wanted: Argon2Parameters) => boolean }
  | { readonly ok: false; readonly reason: UnusableHashReason }

export type UnusableHashReason =
  /** No verifier has this prefix. */
  | 'unknown_scheme'
  /** The prefix is known, the rest does not parse. */
  | 'broken'
  /** Its parameters order more work than the caps allow. */
  | 'above_caps'
