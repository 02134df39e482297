import { problems, type FieldReason, type ProblemCode } from '../methods/problem.ts'

/** A refusal before it is written (RFC 9457). All of it is public. */
export interface Refusal {
  readonly problem: ProblemCode
  /** A constant sentence; never a part of the input. */
  readonly detail?: string
  readonly retryAfterSeconds?: number | undefined
  readonly fields?: Readonly<Record<string, FieldReason>> | undefined
}

/** `type` is a name, not an address: nothing is ever fetched from it. */
export function problemType(code: ProblemCode): string {
  return `urn:latchkey:problem:${code}`
}

export const problemContentType = 'application/problem+json; charset=utf-8'

export function problemStatus(code: ProblemCode): number {
  return problems[code].status
}

export function problemBody({ problem, detail, retryAfterSeconds, fields }: Refusal): string {
  if (detail === undefined && retryAfterSeconds === undefined && fields === undefined) return plainBodies[problem]
  const { status, title } = problems[problem]
  return JSON.stringify({
    type: problemType(problem),
    title,
    status,
    code: problem,
    detail,
    retryAfter: retryAfterSeconds,
    fields,
  })
}

/** Most refusals carry nothing of their own. */
const plainBodies = Object.fromEntries(
  problemCodes().map((code) => [
    code,
    JSON.stringify({ type: problemType(code), title: problems[code].title, status: problems[code].status, code }),
  ]),
) as Readonly<Record<ProblemCode, string>>

export function problemCodes(): readonly ProblemCode[] {
  return Object.keys(problems) as ProblemCode[]
}

/** What 429 and 503 say when nobody knows better. */
const defaultRetryAfterSeconds = 2

/** `Retry-After` (whole seconds, at least one) and the challenge that a 401 owes (RFC 9110 sections 10.2.3, 11.6.1). */
export function problemHeaders({ problem, retryAfterSeconds }: Refusal): readonly string[] {
  const { status } = problems[problem]
  if (status === 401) return ['www-authenticate', 'Bearer']
  return retryAfterSeconds === undefined ? [] : ['retry-after', String(retryAfterSeconds)]
}

/** Gives 429 and 503 the waiting time that they must state. */
export function withRetryAfter(refusal: Refusal): Refusal {
  const { status } = problems[refusal.problem]
  if (status !== 429 && status !== 503) return refusal
  const seconds = Math.max(1, Math.ceil(refusal.retryAfterSeconds ?? defaultRetryAfterSeconds))
  return { ...refusal, retryAfterSeconds: seconds }
}
