import type { IncomingMessage } from 'node:http'
import { LatchkeyError } from '../../platform/errors.ts'
import { joined } from '../../http/fetch.ts'
import type { BodyRead, Incoming } from '../../http/exchange.ts'

/** What a framework in front may have left on the message. */
export interface ParsedMessage extends IncomingMessage {
  readonly body?: unknown
}

/** A message of node:http as the pipeline reads it. `target` is the path before a framework cut its mount point off. */
export function fromIncomingMessage(message: ParsedMessage, target: string = message.url ?? ''): Incoming {
  const { rawHeaders } = message
  return {
    method: message.method ?? '',
    target,
    remoteAddress: message.socket.remoteAddress,
    header: (name) => rawHeader(rawHeaders, name),
    hasBody: () => hasBody(message),
    readBody: (limitBytes) =>
      message.readableDidRead ? Promise.resolve(parsedBody(message, limitBytes)) : readMessage(message, limitBytes),
  }
}

/** Not `message.headers`: there a repeated Authorization, Content-Type or Host quietly becomes the first one. */
export function rawHeader(rawHeaders: readonly string[], name: string): string | null {
  let found: string | null = null
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const written = rawHeaders[i] ?? ''
    if (written.length !== name.length || written.toLowerCase() !== name) continue
    const value = rawHeaders[i + 1] ?? ''
    found = found === null ? value : `${found}${name === 'cookie' ? '; ' : ', '}${value}`
  }
  return found
}

/** RFC 9112 section 6.3: a request has a body when one of these two headers says so. */
export function hasBody({ rawHeaders }: IncomingMessage): boolean {
  const length = rawHeader(rawHeaders, 'content-length')
  return (length !== null && length !== '0') || rawHeader(rawHeaders, 'transfer-encoding') !== null
}

function readMessage(message: IncomingMessage, limitBytes: number): Promise<BodyRead> {
  return new Promise((resolve) => {
    const chunks: Uint8Array[] = []
    let length = 0
    const settle = (read: BodyRead): void => {
      message.off('data', onData).off('end', onEnd).off('close', onBreak).off('error', onBreak)
      resolve(read)
    }
    const onData = (chunk: Uint8Array): void => {
      length += chunk.byteLength
      if (length <= limitBytes) chunks.push(chunk)
      else {
        message.pause()
        settle({ ok: false, reason: 'too_large' })
      }
    }
    const onEnd = (): void => settle({ ok: true, bytes: joined(chunks, length) })
    const onBreak = (): void => settle({ ok: false, reason: 'aborted' })
    message.on('data', onData).on('end', onEnd).on('close', onBreak).on('error', onBreak)
    // A connection that is gone by now says nothing any more.
    if (message.destroyed) onBreak()
  })
}

/**
 * A body parser ran before us (`express.json()`): what it left is written as JSON again and goes through the same checks. Only what it has
 * thrown away cannot be checked, such as a key that came twice; mount the handler before body parsers to have that too.
 */
function parsedBody(message: ParsedMessage, limitBytes: number): BodyRead {
  const { body } = message
  if (body === undefined) {
    throw new LatchkeyError(
      'config_invalid',
      'The body was read before the handler and is not in `body`: mount the handler before whatever reads it.',
    )
  }
  const bytes = new Uint8Array(
    body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  )
  return bytes.byteLength > limitBytes ? { ok: false, reason: 'too_large' } : { ok: true, bytes }
}
