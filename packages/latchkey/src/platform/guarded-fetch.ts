import { lookup } from 'node:dns/promises'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import type { LookupFunction } from 'node:net'
import { kindOfAddress } from './network-address.ts'
import { systemTimers, type Timers } from './timers.ts'

/** The part of `fetch` that a guarded request has: no redirects, no cookies, no cache, a body that is text. */
export type GuardedFetch = (url: string, init?: GuardedRequest) => Promise<Response>

export interface GuardedRequest {
  readonly method?: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface GuardedFetchOptions {
  /** Lets addresses of the own machine and of private networks through, and plain HTTP to `localhost`. Link-local addresses stay refused. */
  readonly allowPrivateNetwork?: boolean
  /** For the whole exchange, name resolution and body included. Default 5,000 ms: a person waits for it. */
  readonly timeoutMs?: number
  /** Bytes of an answer's body. Default 256 KiB; a large key set has some 20. */
  readonly maxBodyBytes?: number
  readonly timers?: Timers
  /** All addresses of a name. Default the system's resolver. */
  readonly resolve?: (hostname: string) => Promise<readonly string[]>
}

export type OutgoingFailure =
  | 'insecure_url'
  | 'forbidden_address'
  | 'unresolvable'
  | 'unreachable'
  | 'redirect'
  | 'timeout'
  | 'too_large'

/** Why a request to somebody else's server gave no answer. Names no address: the reason may reach a log that others read. */
export class OutgoingError extends Error {
  override readonly name = 'OutgoingError'
  readonly reason: OutgoingFailure

  constructor(reason: OutgoingFailure, cause?: unknown) {
    super(`A request to another server failed: ${reason}.`, { cause })
    this.reason = reason
  }
}

/**
 * Asks a server whose address somebody else may have chosen (ASVS 1.3.6, OWASP SSRF prevention): HTTPS alone; the name is resolved once, all its
 * addresses must be public, and the connection goes to the address that was judged, so that a second resolution cannot lead elsewhere
 * (DNS rebinding). Redirects are refused, not followed.
 *
 * @throws OutgoingError
 * @example const guarded = createGuardedFetch(); await guarded('https://idp.example.com/jwks')
 */
export function createGuardedFetch(options: GuardedFetchOptions = {}): GuardedFetch {
  const { timeoutMs = 5_000, timers = systemTimers } = options
  return async (text, init = {}) => {
    const abort = new AbortController()
    const timeout = Promise.withResolvers<never>()
    const cancel = timers.after(timeoutMs, () => {
      timeout.reject(new OutgoingError('timeout'))
      abort.abort()
    })
    const exchange = send(text, init, options, abort.signal)
    // Whichever loses the race is still settled by somebody.
    exchange.catch(() => undefined)
    try {
      return await Promise.race([exchange, timeout.promise])
    } finally {
      cancel()
    }
  }
}

async function send(
  text: string,
  { method = 'GET', headers = {}, body }: GuardedRequest,
  options: GuardedFetchOptions,
  signal: AbortSignal,
): Promise<Response> {
  const { maxBodyBytes = 262_144 } = options
  const url = judgeUrl(text, options)
  const address = await judgeAddress(url, options)
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = request(url, {
      method,
      signal,
      // Not the process's pool: a connection that was opened under other rules must not be reused.
      agent: false,
      lookup: pinnedTo(address),
      headers: {
        'user-agent': 'latchkey',
        ...headers,
        // What is not compressed cannot be a bomb.
        'accept-encoding': 'identity',
        ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
      },
    })
    outgoing.on('response', resolve)
    outgoing.on('error', (cause) => reject(new OutgoingError('unreachable', cause)))
    outgoing.end(body)
  })
  const status = message.statusCode ?? 0
  if (status >= 300 && status < 400) {
    message.destroy()
    throw new OutgoingError('redirect')
  }
  const bytes = await readBody(message, maxBodyBytes)
  return new Response(status === 204 || status === 205 || status === 304 ? null : bytes, {
    status: status < 200 ? 502 : status,
    headers: answerHeaders(message),
  })
}

function judgeUrl(text: string, { allowPrivateNetwork = false }: GuardedFetchOptions): URL {
  if (!URL.canParse(text)) throw new OutgoingError('insecure_url')
  // The parser also turns the other spellings of IPv4 (`2130706433`, `0x7f.1`, `017700000001`) into the plain one.
  const url = new URL(text)
  const isLocal = url.hostname === 'localhost' || kindOfAddress(bare(url.hostname)) === 'loopback'
  const isSecure = url.protocol === 'https:' || (url.protocol === 'http:' && isLocal && allowPrivateNetwork)
  if (!isSecure || url.username !== '' || url.password !== '') throw new OutgoingError('insecure_url')
  return url
}

/** The one address that the connection goes to, after all of them were found acceptable. */
async function judgeAddress(url: URL, options: GuardedFetchOptions): Promise<string> {
  const { allowPrivateNetwork = false, resolve = resolveAll } = options
  const host = bare(url.hostname)
  let addresses: readonly string[]
  try {
    addresses = isIP(host) === 0 ? await resolve(host) : [host]
  } catch (cause) {
    throw new OutgoingError('unresolvable', cause)
  }
  for (const address of addresses) {
    const kind = kindOfAddress(address)
    const isAcceptable = kind === 'public' || (allowPrivateNetwork && (kind === 'loopback' || kind === 'private'))
    if (!isAcceptable) throw new OutgoingError('forbidden_address')
  }
  const [first] = addresses
  if (first === undefined) throw new OutgoingError('unresolvable')
  return first
}

async function resolveAll(hostname: string): Promise<readonly string[]> {
  const found = await lookup(hostname, { all: true, verbatim: true })
  // IPv4 first: hosts without an IPv6 route are still common, and only one address is tried.
  return found.toSorted((a, b) => a.family - b.family).map(({ address }) => address)
}

function pinnedTo(address: string): LookupFunction {
  const family = isIP(address)
  return (_hostname, { all }, callback) => {
    if (all === true) callback(null, [{ address, family }])
    else callback(null, address, family)
  }
}

async function readBody(message: IncomingMessage, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of message as AsyncIterable<Uint8Array>) {
      length += chunk.byteLength
      if (length > maxBytes) throw new OutgoingError('too_large')
      chunks.push(chunk)
    }
  } catch (error) {
    message.destroy()
    throw error instanceof OutgoingError ? error : new OutgoingError('unreachable', error)
  }
  return new Uint8Array(Buffer.concat(chunks))
}

function answerHeaders({ headers }: IncomingMessage): Headers {
  const answer = new Headers()
  for (const name of ['content-type', 'www-authenticate', 'cache-control'] as const) {
    const value = headers[name]
    if (typeof value === 'string') answer.set(name, value)
  }
  return answer
}

/** `[::1]` is how a URL writes `::1`. */
function bare(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
}
