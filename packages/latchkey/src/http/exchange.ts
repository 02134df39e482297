import type { NowOrLater } from '../platform/now-or-later.ts'

/**
 * The pipeline speaks in these two shapes, not in `Request` and `Response`: building those costs three times the work of answering
 * (measured on node:http: 52,000 session checks a second without, 16,000 with). Every adapter can still hand over a `Request`.
 */
export type Exchange = (incoming: Incoming) => NowOrLater<Outgoing>

export interface Incoming {
  readonly method: string
  /** Path and query as the client wrote them; a whole URL is accepted too. */
  readonly target: string
  /** Address of the socket's other end; `undefined` when the platform does not tell. */
  readonly remoteAddress: string | undefined
  /** Value of a header by its lower-case name; repeated headers joined by `, ` (cookies by `; `), never the first alone. */
  header(name: string): string | null
  hasBody(): boolean
  /** Reads at most `limitBytes`; stops at the first byte more and leaves the rest unread. */
  readBody(limitBytes: number): Promise<BodyRead>
}

export type BodyRead =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly reason: 'too_large' | 'aborted' }

export interface Outgoing {
  readonly status: number
  /** Name, value, name, value …; lower-case names; `set-cookie` may stand several times. */
  readonly headers: readonly string[]
  /** `null`: no body at all. A HEAD answer keeps its `content-length` and has none. */
  readonly body: string | Uint8Array | null
}

/** What an adapter knows about the connection and a `Request` does not say. */
export interface Connection {
  readonly remoteAddress?: string | undefined
}

/** `handle` of the engine. `exchange` is the same pipeline without `Request` and `Response`; adapters use it where it is there. */
export interface FetchHandler {
  (request: Request, connection?: Connection): Promise<Response>
  readonly exchange?: Exchange
}

/** What adapters mount: the engine, or anything that answers requests. */
export interface HandlesRequests {
  readonly handle: FetchHandler
}
