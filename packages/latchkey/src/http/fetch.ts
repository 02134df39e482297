import type { BodyRead, Connection, Exchange, FetchHandler, Incoming, Outgoing } from './exchange.ts'

/** The pipeline as a fetch handler. */
export function toFetchHandler(exchange: Exchange): FetchHandler & { readonly exchange: Exchange } {
  const handle = async (request: Request, connection?: Connection): Promise<Response> =>
    toResponse(await exchange(fromRequest(request, connection)))
  return Object.assign(handle, { exchange })
}

export function fromRequest(request: Request, connection?: Connection): Incoming {
  return {
    method: request.method,
    target: request.url,
    remoteAddress: connection?.remoteAddress,
    header: (name) => request.headers.get(name),
    hasBody: () => request.body !== null,
    readBody: (limitBytes) => readStream(request.body, limitBytes),
  }
}

/** Headers are appended one by one: given as a list to the constructor they are converted twice, which costs more than the rest of it. */
export function toResponse({ status, headers, body }: Outgoing): Response {
  const response = new Response(typeof body === 'string' || body === null ? body : new Uint8Array(body), { status })
  // The one that stands there is a guess from the kind of the body.
  response.headers.delete('content-type')
  for (let i = 0; i < headers.length; i += 2) response.headers.append(headers[i] ?? '', headers[i + 1] ?? '')
  return response
}

async function readStream(stream: ReadableStream<Uint8Array> | null, limitBytes: number): Promise<BodyRead> {
  if (stream === null) return { ok: true, bytes: new Uint8Array() }
  // A body that was read before is locked or empty; the caller's mistake must not look like a person's.
  const reader = stream.getReader()
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return { ok: true, bytes: joined(chunks, length) }
      length += value.byteLength
      if (length > limitBytes) {
        // Not awaited to an end: a source that never settles its cancellation must not hold the answer.
        reader.cancel().catch(() => {})
        return { ok: false, reason: 'too_large' }
      }
      chunks.push(value)
    }
  } catch {
    return { ok: false, reason: 'aborted' }
  }
}

/** One array of `length` bytes; no copy for the usual single chunk. */
export function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const [first] = chunks
  if (first !== undefined && chunks.length === 1) return first
  const bytes = new Uint8Array(length)
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.byteLength
  }
  return bytes
}
