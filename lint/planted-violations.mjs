const source = 'packages/latchkey/src'

/** Files that the violations import, and near misses: all of this must pass. */
export const sound = {
  [`${source}/platform/clock.ts`]: 'export const now = (): number => Date.now()\nexport const later = setTimeout\n',
  [`${source}/platform/bytes.ts`]:
    "import { randomBytes } from 'node:crypto'\nexport const bytes = (): Uint8Array => Buffer.from(randomBytes(8))\n",
  [`${source}/secrets/equal.ts`]:
    "import { timingSafeEqual } from 'node:crypto'\nexport const equal = (a: Uint8Array, b: Uint8Array): boolean => timingSafeEqual(a, b)\n",
  [`${source}/session/access-token.ts`]: "import { sign } from 'node:crypto'\nexport const signer: unknown = sign\n",
  [`${source}/session/session.ts`]:
    'export interface Session { readonly digest: string | null; readonly at: Date }\nexport const none = (s: Session): boolean => s.digest === null\n',
  [`${source}/store/writes.ts`]:
    "export type Write = { readonly kind: 'openSession' } | { readonly kind: 'createUser' }\nexport const openSession = (): Write => ({ kind: 'openSession' })\n",
  [`${source}/sign-in/complete-sign-in.ts`]:
    "import { openSession, type Write } from '../store/writes.ts'\nexport const completeSignIn = (): Write => openSession()\n",
  [`${source}/audit/describe-write.ts`]:
    "import type { Write } from '../store/writes.ts'\nexport function describeWrite(write: Write): string {\n  if (write.kind === 'openSession') return 'opened'\n  switch (write.kind) {\n    case 'createUser':\n      return 'created'\n  }\n}\n",
  [`${source}/methods/method.ts`]: 'export interface Method { readonly id: string }\n',
  [`${source}/methods/email-code/email-code.ts`]:
    "import type { Method } from '../method.ts'\nexport const emailCode: Method = { id: 'email-code' }\n",
  [`${source}/methods/password/index.ts`]:
    "import { hashes } from './hash.ts'\nexport const password = (): string => hashes\n",
  [`${source}/methods/password/hash.ts`]: "export const hashes = 'argon2id'\n",
  [`${source}/storage/sql/statements.ts`]:
    "import type { Write } from '../../store/writes.ts'\nexport const table = (write: Write): boolean => write.kind === 'openSession'\n",
  [`${source}/engine/create-auth.ts`]:
    "import { emailCode } from '../methods/email-code/email-code.ts'\nexport const createAuth = (): string => emailCode.id\n",
  [`${source}/cli/serve.ts`]: 'export const port = (): string | undefined => process.env["PORT"]\n',
  [`${source}/index.ts`]: "export { createAuth } from './engine/create-auth.ts'\n",
  [`${source}/throttle/throttle.test.ts`]:
    "import { expect, it } from 'vitest'\nimport { table } from '../storage/sql/statements.ts'\nit('may look everywhere and read the clock', () => expect([table, Date.now()]).toHaveLength(2))\n",
}

/** rule → what is planted. Every entry stands alone in its file, so that one violation cannot hide another. */
export const planted = [
  [
    'latchkey(layers)',
    'a method imports another method',
    `${source}/methods/password/planted.ts`,
    "import { emailCode } from '../email-code/email-code.ts'\nexport const stolen = emailCode\n",
  ],
  [
    'latchkey(layers)',
    'a method imports the type of another method',
    `${source}/methods/password/planted-type.ts`,
    "import type { emailCode } from '../email-code/email-code.ts'\nexport type Stolen = typeof emailCode\n",
  ],
  [
    'latchkey(layers)',
    'a method loads another method dynamically',
    `${source}/methods/password/planted-dynamic.ts`,
    "export const stolen = (): Promise<unknown> => import('../email-code/email-code.ts')\n",
  ],
  [
    'latchkey(layers)',
    'the domain imports a storage',
    `${source}/session/planted-storage.ts`,
    "import { table } from '../storage/sql/statements.ts'\nexport const stolen = table\n",
  ],
  [
    'latchkey(layers)',
    'the domain imports a method',
    `${source}/user/planted-method.ts`,
    "import { emailCode } from '../methods/email-code/email-code.ts'\nexport const stolen = emailCode\n",
  ],
  [
    'latchkey(layers)',
    'the domain re-exports the engine',
    `${source}/user/planted-export.ts`,
    "export { createAuth } from '../engine/create-auth.ts'\nexport const other = 1\n",
  ],
  [
    'latchkey(layers)',
    'the platform imports the domain',
    `${source}/platform/planted.ts`,
    "import { none } from '../session/session.ts'\nexport const stolen = none\n",
  ],
  [
    'latchkey(layers)',
    'HTTP imports the engine',
    `${source}/http/planted.ts`,
    "import { createAuth } from '../engine/create-auth.ts'\nexport const stolen = createAuth\n",
  ],
  [
    'latchkey(layers)',
    'a storage imports a method',
    `${source}/storage/sql/planted.ts`,
    "import { emailCode } from '../../methods/email-code/email-code.ts'\nexport const stolen = emailCode\n",
  ],
  [
    'latchkey(layers)',
    'one storage imports another',
    `${source}/storage/memory/planted.ts`,
    "import { table } from '../sql/statements.ts'\nexport const stolen = table\n",
  ],
  [
    'latchkey(layers)',
    'a folder imports a public entry',
    `${source}/cli/planted-entry.ts`,
    "import { createAuth } from '../index.ts'\nexport const stolen = createAuth\n",
  ],
  [
    'latchkey(layers)',
    'a folder without a row in the policy',
    `${source}/plugins/planted.ts`,
    "import { now } from '../platform/clock.ts'\nexport const stolen = now\n",
  ],
  [
    'latchkey(layers)',
    'node:crypto in a method',
    `${source}/methods/password/planted-crypto.ts`,
    "import { createHash } from 'node:crypto'\nexport const stolen: unknown = createHash\n",
  ],
  [
    'latchkey(layers)',
    'node:crypto in session/ outside access-token.ts',
    `${source}/session/planted-crypto.ts`,
    "import { createHash } from 'node:crypto'\nexport const stolen: unknown = createHash\n",
  ],
  [
    'latchkey(layers)',
    'a database driver in the domain',
    `${source}/store/planted-driver.ts`,
    "import pg from 'pg'\nexport const stolen: unknown = pg\n",
  ],
  [
    'latchkey(layers)',
    'a framework outside the adapters',
    `${source}/http/planted-hono.ts`,
    "import { Hono } from 'hono'\nexport const stolen: unknown = Hono\n",
  ],
  [
    'latchkey(layers)',
    'the server package reaches into the library',
    'packages/server/src/planted.ts',
    "import { table } from '../../latchkey/src/storage/sql/statements.ts'\nexport const stolen = table\n",
  ],
  [
    'latchkey(layers)',
    'the browser package imports node',
    'packages/browser/src/planted.ts',
    "import { readFileSync } from 'node:fs'\nexport const stolen: unknown = readFileSync\n",
  ],

  [
    'latchkey(ambient)',
    'Date.now() in the domain',
    `${source}/session/planted-date.ts`,
    'export const now = (): number => Date.now()\n',
  ],
  [
    'latchkey(ambient)',
    'new Date() in a method',
    `${source}/methods/password/planted-date.ts`,
    'export const now = (): Date => new Date()\n',
  ],
  [
    'latchkey(ambient)',
    'globalThis.Date',
    `${source}/session/planted-global-date.ts`,
    'export const now = (): number => globalThis.Date.now()\n',
  ],
  [
    'latchkey(ambient)',
    'Math.random() in the domain',
    `${source}/challenge/planted-random.ts`,
    'export const code = (): number => Math.random()\n',
  ],
  [
    'latchkey(ambient)',
    "Math['random']() in the platform",
    `${source}/platform/planted-random.ts`,
    "export const code = (): number => Math['random']()\n",
  ],
  [
    'latchkey(ambient)',
    'global crypto in the domain',
    `${source}/challenge/planted-crypto.ts`,
    'export const id = (): string => crypto.randomUUID()\n',
  ],
  [
    'latchkey(ambient)',
    'setTimeout in a storage',
    `${source}/storage/sql/planted-timer.ts`,
    'export const wait = (done: () => void): unknown => setTimeout(done, 1)\n',
  ],
  [
    'latchkey(ambient)',
    'setInterval in the courier',
    `${source}/courier/planted-timer.ts`,
    'export const wait = (done: () => void): unknown => setInterval(done, 1)\n',
  ],
  [
    'latchkey(ambient)',
    'setImmediate in HTTP',
    `${source}/http/planted-timer.ts`,
    'export const wait = (done: () => void): unknown => setImmediate(done)\n',
  ],
  [
    'latchkey(ambient)',
    'performance in HTTP',
    `${source}/http/planted-performance.ts`,
    'export const now = (): number => performance.now()\n',
  ],
  [
    'latchkey(ambient)',
    'process in the engine',
    `${source}/engine/planted-process.ts`,
    'export const secret = (): string | undefined => process.env["LATCHKEY_SECRET"]\n',
  ],
  [
    'latchkey(ambient)',
    'Buffer in the domain',
    `${source}/user/planted-buffer.ts`,
    "export const bytes = (): Uint8Array => Buffer.from('a')\n",
  ],
  [
    'latchkey(ambient)',
    'console in the library',
    `${source}/engine/planted-console.ts`,
    "export const log = (): void => console.log('a')\n",
  ],
  [
    'latchkey(ambient)',
    'Math.random() in the browser',
    'packages/browser/src/planted-random.ts',
    'export const id = (): number => Math.random()\n',
  ],

  [
    'latchkey(one-door)',
    'a second caller of the session door',
    `${source}/methods/password/planted-open.ts`,
    "import * as writes from '../../store/writes.ts'\nexport const session = (): unknown => writes.openSession()\n",
  ],
  [
    'latchkey(one-door)',
    'an import of the opener',
    `${source}/recovery/planted-open.ts`,
    "import { openSession as begin } from '../store/writes.ts'\nexport const session = (): unknown => begin()\n",
  ],
  [
    'latchkey(one-door)',
    'the write itself, made by hand',
    `${source}/sign-up/planted-open.ts`,
    "import type { Write } from '../store/writes.ts'\nexport const session = (): Write => ({ kind: 'openSession' })\n",
  ],
  [
    'latchkey(one-door)',
    'the write made by hand in the server',
    'packages/server/src/planted-open.ts',
    "export const session = { kind: 'openSession' as const }\n",
  ],

  [
    'latchkey(entries)',
    'a barrel',
    `${source}/audit/index.ts`,
    "export { describeWrite } from './describe-write.ts'\n",
  ],
  [
    'latchkey(entries)',
    'a barrel that imports first',
    `${source}/user/planted-barrel.ts`,
    "import { none } from '../session/session.ts'\nexport { none }\n",
  ],
  ['latchkey(entries)', 'logic in a public entry', `${source}/planted-entry.ts`, 'export const answer = 42\n'],
  [
    'latchkey(entries)',
    'an entry that re-exports another package',
    `${source}/planted-package.ts`,
    "export { pipe } from 'valibot'\n",
  ],
  ['latchkey(folders)', 'a folder called utils', `${source}/session/utils/planted.ts`, 'export const answer = 42\n'],
  [
    'latchkey(constant-time)',
    '=== on a digest',
    `${source}/challenge/planted-equal.ts`,
    'export const same = (row: { digest: string }, given: string): boolean => row.digest === given\n',
  ],
  [
    'latchkey(constant-time)',
    '!== on a MAC',
    `${source}/audit/planted-equal.ts`,
    'export const differs = (rowMac: string, given: string): boolean => given !== rowMac\n',
  ],

  [
    'import(no-default-export)',
    'a default export',
    `${source}/user/planted-default.ts`,
    'export default function user(): number {\n  return 1\n}\n',
  ],
  [
    'import(no-cycle)',
    'a cycle',
    `${source}/access/planted-one.ts`,
    "import { two } from './planted-two.ts'\nexport const one = (): number => two() + 1\n",
  ],
  [
    'import(no-cycle)',
    'the other end of the cycle',
    `${source}/access/planted-two.ts`,
    "import { one } from './planted-one.ts'\nexport const two = (): number => one() + 1\n",
  ],
  [
    'typescript(no-explicit-any)',
    'as any',
    `${source}/user/planted-any.ts`,
    'export const user = (value: unknown): unknown => value as any\n',
  ],
  [
    'typescript(no-unsafe-assignment)',
    'an any that leaks in from outside',
    `${source}/user/planted-json.ts`,
    "export function user(): unknown {\n  const value = JSON.parse('1')\n  return value\n}\n",
  ],
  [
    'typescript(no-floating-promises)',
    'a floating promise',
    `${source}/session/planted-floating.ts`,
    'const revoke = async (): Promise<void> => {}\nexport function end(): void {\n  revoke()\n}\n',
  ],
  [
    'typescript(switch-exhaustiveness-check)',
    'a switch that forgets a reason',
    `${source}/session/planted-switch.ts`,
    "export function status(reason: 'expired' | 'revoked'): number {\n  switch (reason) {\n    case 'expired':\n      return 401\n  }\n  return 200\n}\n",
  ],
  [
    'typescript(no-misused-promises)',
    'a promise as a condition',
    `${source}/session/planted-condition.ts`,
    'const live = async (): Promise<boolean> => false\nexport const check = (): number => (live() ? 1 : 2)\n',
  ],
  [
    'eslint(eqeqeq)',
    'a loose comparison',
    `${source}/user/planted-loose.ts`,
    'export const same = (a: unknown): boolean => a == 1\n',
  ],
]
