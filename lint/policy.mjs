// The boundaries of packages/latchkey/src as tables. The rules in lint/rules/ only look things up here, so that a
// reviewer can read the whole architecture on one screen.

/** The nouns of the field. They may import each other (cycles between files are refused by import/no-cycle). */
export const domainFolders = [
  'store',
  'user',
  'credential',
  'challenge',
  'session',
  'assurance',
  'sign-in',
  'sign-up',
  'recovery',
  'throttle',
  'audit',
  'courier',
  'secrets',
  'access',
  'lifecycle',
]

/** core/ holds what decisions are given (Core, settings, request context): domain and everything above may see it. */
const decided = ['platform', ...domainFolders, 'core']

/** platform ← domain ← methods ← http ← engine ← adapters ← cli: a folder imports itself and what stands here. */
export const layers = {
  platform: [],
  core: ['platform', ...domainFolders],
  ...Object.fromEntries(domainFolders.map((folder) => [folder, decided])),
  methods: decided,
  http: [...decided, 'methods'],
  engine: [...decided, 'methods', 'http'],
  adapters: [...decided, 'methods', 'http', 'engine'],
  // A storage sees the port (store/) and the entities of the domain, nothing that decides.
  storage: ['platform', ...domainFolders],
  toolkit: [...decided, 'methods'],
  testing: [...decided, 'methods', 'http', 'engine', 'adapters', 'storage'],
  cli: [...decided, 'methods', 'http', 'engine', 'adapters', 'storage', 'toolkit'],
}

/** Folders whose subfolders are strangers to each other, and what a subfolder may still import from its siblings. */
export const separateSubfolders = {
  methods: { mayImport: {} },
  storage: {
    mayImport: {
      memory: ['contract'],
      redis: ['contract'],
      sql: ['contract', 'migrations'],
      prisma: ['contract', 'migrations'],
    },
  },
  adapters: { mayImport: { express: ['node'], fastify: ['node'], hono: ['node'], next: ['node'], authjs: ['next'] } },
}

/** Names that say nothing about what is inside; domain concepts hide in such folders. */
export const vagueFolders = ['utils', 'util', 'helpers', 'helper', 'shared', 'common', 'lib', 'misc', 'x']

/** Imports that only the named folders or files of packages/latchkey/src may make; everything else of npm is free. */
export const restrictedModules = [
  {
    modules: ['node:crypto', 'crypto'],
    allowedIn: [
      'platform/',
      'secrets/',
      'session/access-token.ts',
      'session/signing-keys.ts',
      // It plays a device with keys of its own, not a part of ours.
      'testing/software-authenticator.ts',
    ],
    message: 'Keys, digests and randomness come from platform/ and secrets/.',
  },
  {
    modules: [
      'better-sqlite3',
      'pg',
      'mysql2',
      'mysql2/promise',
      '@electric-sql/pglite',
      'kysely',
      '@prisma/client',
      'redis',
    ],
    allowedIn: ['storage/', 'cli/'],
    message: 'Only a storage speaks to a database.',
  },
  {
    modules: ['express', 'fastify', 'hono', 'next', 'next-auth', '@hono/node-server', 'srvx'],
    allowedIn: ['adapters/'],
    message: 'Only an adapter knows a web framework.',
  },
  {
    modules: ['node:http', 'node:https', 'node:http2'],
    allowedIn: ['platform/', 'adapters/', 'cli/', 'testing/'],
    message: 'Inside, HTTP is Request → Response.',
  },
  {
    modules: ['node:timers', 'node:timers/promises', 'timers', 'timers/promises', 'node:perf_hooks', 'perf_hooks'],
    allowedIn: ['platform/', 'cli/'],
    message: 'Time is injected (platform/).',
  },
  { modules: ['node:process', 'process'], allowedIn: ['platform/', 'cli/'], message: 'Settings are arguments.' },
  {
    modules: ['node:buffer', 'buffer'],
    allowedIn: ['platform/', 'secrets/', 'storage/', 'adapters/'],
    message: 'Bytes are Uint8Array; conversions live in platform/bytes.ts.',
  },
  {
    modules: ['node:console', 'console'],
    allowedIn: ['platform/'],
    message: 'Log through the logger that the caller passes.',
  },
]

const time = { allowedIn: ['platform/'], message: 'Time is injected: take a Clock (platform/clock.ts).' }
const timers = { allowedIn: ['platform/'], message: 'Timers are injected (platform/).' }

/** Globals that a value may use only in the named folders. Types of the same name are free. */
export const restrictedGlobals = {
  Date: time,
  performance: time,
  Temporal: time,
  setTimeout: timers,
  setInterval: timers,
  setImmediate: timers,
  queueMicrotask: timers,
  'Math.random': { allowedIn: [], message: 'It is predictable: take a Random (platform/random.ts).' },
  crypto: { allowedIn: ['platform/'], message: 'Randomness and digests come from platform/ and secrets/.' },
  process: {
    allowedIn: ['platform/', 'cli/', 'storage/contract/', 'bin.ts'],
    message: 'Settings are arguments, not the environment.',
  },
  Buffer: {
    allowedIn: ['platform/', 'secrets/', 'storage/', 'adapters/'],
    message: 'Bytes are Uint8Array; conversions live in platform/bytes.ts.',
  },
  console: { allowedIn: ['platform/'], message: 'Log through the logger that the caller passes.' },
}

/** The same for the other packages: what is forbidden there wherever it stands. */
export const restrictedGlobalsElsewhere = {
  server: ['Math.random', 'Date', 'performance', 'crypto', 'console'],
  browser: ['Math.random', 'console'],
  pages: ['Math.random', 'console'],
}

/** Who may write the word `openSession`: the port that defines the write, the storages that run it, and the one door. */
export const sessionDoor = {
  write: 'openSession',
  file: 'sign-in/complete-sign-in.ts',
  alsoAllowedIn: ['store/', 'storage/'],
}

/** Equality on a name like these leaks by timing how much of a secret was right; on facts about them it is fine. */
export const secretNames = /digest|mac$|secretHash/i
export const factsAboutSecrets = /(id|ids|version|length|count|purpose|algorithm|encoding|at)$/i
