import { LatchkeyError } from '../../platform/errors.ts'
import type { PasswordVerifier } from './verifier.ts'

/** Above this one hash takes seconds. */
const maxCost = 14

// `$2x$` marks hashes of an implementation with a sign bug; the binding would take them for right ones.
const pattern = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/

/** Legacy hashes that other systems made; read only, replaced after the next right password. */
export const bcryptVerifier: PasswordVerifier = {
  prefixes: ['$2a$', '$2b$', '$2y$'],
  inspect(hash) {
    const cost = Number(pattern.exec(hash)?.[1])
    if (!(cost >= 4 && cost <= 31)) return { ok: false, reason: 'broken' }
    if (cost > maxCost) return { ok: false, reason: 'above_caps' }
    return { ok: true, needsRehash: () => true }
  },
  async verify(password, hash) {
    const { verify } = await loadBcrypt()
    // bcrypt reads 72 bytes and no further; that is how these hashes were made.
    const matches = await verify(password, hash)
    // Its key is the password and a NUL, repeated: without this "abc NUL abc" would open what "abc" opens.
    return matches && !password.includes(0)
  },
}

interface BcryptBinding {
  readonly verify: (password: Uint8Array, hash: string) => Promise<boolean>
}

async function loadBcrypt(): Promise<BcryptBinding> {
  try {
    return await import('@node-rs/bcrypt')
  } catch (cause) {
    throw new LatchkeyError(
      'config_invalid',
      'A stored bcrypt hash needs the optional package: npm install @node-rs/bcrypt@2.0.0.',
      { cause },
    )
  }
}
