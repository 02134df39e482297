import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { Reply } from './reply.ts'

/** The built pages, read into memory once: what is not in this list does not exist, so no path can lead out of the folder. */
export interface PageFiles {
  /** Whether the pages were built. */
  readonly exist: boolean
  /** `undefined`: no such file. */
  asset(path: string, message: IncomingMessage): Promise<Reply | undefined>
  /** The document that every page begins with; 404 keeps its look. */
  shell(status: 200 | 404, message: IncomingMessage): Promise<Reply | undefined>
}

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.md': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/vnd.microsoft.icon',
  '.woff2': 'font/woff2',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
}

/** Scripts and styles from here alone and none inline (ASVS 3.4.3); nobody may frame a page that asks for a password (3.4.6). */
const documentHeaders: Readonly<Record<string, string>> = {
  // Some of these pages are opened by a link with a secret in it; no cache may keep which.
  'cache-control': 'no-store',
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; '),
  'permissions-policy':
    'camera=(), microphone=(), geolocation=(), payment=(), usb=(), publickey-credentials-get=(self), publickey-credentials-create=(self)',
}

interface PageFile {
  readonly bytes: Uint8Array
  readonly etag: string
  readonly type: string
  readonly cacheControl: string
  readonly compressible: boolean
  readonly compressed: Partial<Record<Encoding, Promise<Uint8Array>>>
}

type Encoding = 'br' | 'gzip'

export function readPageFiles(folder: string): PageFiles {
  const files = new Map(namesBelow(folder).map((name) => [`/${name}`, readPageFile(folder, name)]))
  const shell = files.get('/index.html')
  files.delete('/index.html')
  return {
    exist: shell !== undefined,
    async asset(path, message) {
      const file = files.get(path)
      return file && replyWith(file, 200, message, {})
    },
    async shell(status, message) {
      return shell && replyWith(shell, status, message, documentHeaders)
    },
  }
}

function namesBelow(folder: string): readonly string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, '/').length).replaceAll('\\', '/'))
}

function readPageFile(folder: string, name: string): PageFile {
  const bytes = readFileSync(join(folder, name))
  const type = contentTypes[extname(name)] ?? 'application/octet-stream'
  // The bundler puts a digest of the content into these names; everything else is asked for again.
  const isHashed = /^assets\/.+-[\w-]{8}\.\w+$/.test(name)
  return {
    bytes,
    type,
    etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 27)}"`,
    cacheControl: isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    compressible: bytes.length > 1_024 && /^(text\/|application\/(json|manifest)|image\/svg)/.test(type),
    compressed: {},
  }
}

async function replyWith(
  file: PageFile,
  status: number,
  message: IncomingMessage,
  extra: Readonly<Record<string, string>>,
): Promise<Reply> {
  const encoding = file.compressible ? acceptedEncoding(message.headers['accept-encoding']) : undefined
  const etag = encoding === undefined ? file.etag : `${file.etag.slice(0, -1)}-${encoding}"`
  const headers = {
    'content-type': file.type,
    'cache-control': file.cacheControl,
    etag,
    ...(file.compressible ? { vary: 'accept-encoding' } : {}),
    ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
    ...extra,
  }
  const known = message.headers['if-none-match']?.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  if (status === 200 && known?.includes(etag) === true) return { status: 304, headers }
  return { status, headers, body: encoding === undefined ? file.bytes : await compressedOf(file, encoding) }
}

/** Once a file and encoding, off the event loop. */
function compressedOf(file: PageFile, encoding: Encoding): Promise<Uint8Array> {
  return (file.compressed[encoding] ??=
    encoding === 'br'
      ? promisify(brotliCompress)(file.bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } })
      : promisify(gzip)(file.bytes, { level: 9 }))
}

function acceptedEncoding(header: string | readonly string[] | undefined): Encoding | undefined {
  const accepted = String(header ?? '')
    .split(',')
    .map((item) => item.trim().split(';'))
    .filter(([, quality]) => !/^\s*q=0(\.0*)?\s*$/.test(quality ?? ''))
    .map(([name]) => name?.trim().toLowerCase())
  return (['br', 'gzip'] as const).find((encoding) => accepted.includes(encoding))
}
