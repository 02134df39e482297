/** `Access-Control-*` for allowed origins alone; never credentials, never `*`, never an echo of an origin that is not in the list (ASVS 3.4.2). */
export interface Cors {
  /** Headers of an answer to a request with this Origin. */
  answer(origin: string | null): readonly string[]
  /** What a preflight's answer says beside `answer`, or `undefined` when the origin is not allowed. */
  preflight(origin: string, allow: string): readonly string[] | undefined
}

export function createCors(allowedOrigins: ReadonlySet<string>): Cors {
  const perOrigin = new Map(
    [...allowedOrigins].map((origin) => [
      origin,
      ['access-control-allow-origin', origin, 'access-control-expose-headers', 'retry-after, x-request-id'],
    ]),
  )
  return {
    answer: (origin) => (origin === null ? noHeaders : (perOrigin.get(origin) ?? noHeaders)),
    preflight: (origin, allow) =>
      allowedOrigins.has(origin)
        ? [
            'access-control-allow-methods',
            allow,
            'access-control-allow-headers',
            'authorization, content-type',
            'access-control-max-age',
            '600',
          ]
        : undefined,
  }
}

const noHeaders: readonly string[] = []
