/** One side of a comparison, in a process of its own. */
export interface Contestant {
  readonly operations: Readonly<Record<string, Operation>>
  /** Serves HTTP on a free port. */
  listen?(): Promise<Listening>
  close(): Promise<void>
}

/** A piece of work that is measured. */
export interface Operation {
  /** Makes ready what `run` uses up, outside of the measurement. Without it the operation can be repeated for ever. */
  prepare?(count: number): Promise<void>
  /** How many can be prepared for one round. Default 2,000. */
  readonly most?: number
  /** Throws when the answer is not the one that was wanted: a wrong answer has no speed. */
  run(index: number): Promise<void> | void
}

export interface Listening {
  readonly port: number
  /** What a client asks for: a session check of somebody who is signed in. */
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
}

export interface ContestantOptions {
  readonly database?: 'memory' | 'sqlite' | 'postgres' | 'mysql'
  /** A database that is there already, in place of a fresh one. */
  readonly url?: string
  /** Verify and hash cost nothing, so that the engine around them is seen. */
  readonly stubHash?: boolean
  /** Ours: answers of the session cache. The peer: its cookie cache. */
  readonly cache?: boolean
  /** The peer keeps sessions in Redis beside its database. */
  readonly redis?: boolean
  /** More ways to sign in than the password. */
  readonly methods?: boolean
  /** People to sign up at first. */
  readonly people?: number
  /** Sessions of theirs to open and to ask about. Default: one each. */
  readonly sessions?: number
  /** Sessions to ask about, in place of people of its own: nodes of one database share the outbox, so one would wait for another's mails. */
  readonly cookies?: readonly string[]
  /** Bytes to answer with, for the bare servers. */
  readonly answer?: { readonly headers: readonly (readonly [string, string])[]; readonly body: string }
  readonly [other: string]: unknown
}

export interface RoundRequest {
  readonly operation: string
  readonly concurrency: number
  /** For operations that can be repeated for ever. */
  readonly durationMs: number
  /** Exactly so many. Default for operations that use something up: as many as the last round's pace gives in `durationMs`. */
  readonly count?: number
  /** The least that is done of an operation that uses something up. Default 24. */
  readonly fewest?: number
  /** `prepare` was called by itself before. */
  readonly isPrepared?: boolean
}

export interface RoundResult {
  readonly count: number
  readonly perSecond: number
  /** Processor time of the whole process, its thread pool included. */
  readonly cpuMicros: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly rssMb: number
}
