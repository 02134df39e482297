/** What the executable ends with; `latchkey --help` lists them. */
export const exitCodes = {
  ok: 0,
  /** The command ran and the answer is no: not found, refused, problems found. */
  refused: 1,
  usage: 2,
  configuration: 3,
  /** Unreachable, or its schema is not the one that this version expects. */
  database: 4,
  /** The machine: port taken, no right to a port or a folder. */
  machine: 5,
  /** A mistake in Latchkey itself (EX_SOFTWARE of sysexits.h). */
  internal: 70,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]
