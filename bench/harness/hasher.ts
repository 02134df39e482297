import { hash, verify } from '@node-rs/argon2'
import type { ContestantOptions } from './contestant.ts'

/** Argon2id with the parameters of ours (19 MiB, 2 passes, 1 lane) for peers that take a hasher, or the stub. */
export function createHasher({ stubHash = false }: ContestantOptions): {
  hash(password: string): Promise<string>
  verify(input: { readonly hash: string; readonly password: string }): Promise<boolean>
} {
  // With the stub the process was started with stub/hooks.mjs, so the two imports are the stub's.
  void stubHash
  return {
    hash: (password) => hash(password, argon2Parameters),
    verify: (input) => verify(input.hash, input.password),
  }
}

export const argon2Parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 } as const
