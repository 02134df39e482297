import { crc32, deflateSync } from 'node:zlib'
import { encode } from 'uqr'
import { concatBytes, toBase64, toUtf8 } from '../../platform/bytes.ts'

/** Pixels a module: about 300 pixels in all for a key URI. */
const scale = 5
/** ISO/IEC 18004 section 6.3.8: the quiet zone is four modules wide. */
const quietZone = 4

/** The text as a QR code, a PNG image in a data URL. */
export function qrCodeDataUrl(text: string): string {
  const { data: modules } = encode(text, { ecc: 'M', border: quietZone })
  return `data:image/png;base64,${toBase64(pngOf(modules))}`
}

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)

/** PNG (ISO/IEC 15948): one bit a pixel, grey scale, no filter. `true` is black. */
export function pngOf(modules: readonly (readonly boolean[])[]): Uint8Array {
  const side = modules.length * scale
  const header = new DataView(new ArrayBuffer(13))
  header.setUint32(0, side)
  header.setUint32(4, side)
  // Bit depth 1; colour type, compression, filter and interlace are all 0.
  header.setUint8(8, 1)
  const lines = modules.flatMap((row) => Array.from({ length: scale }, () => scanline(row, side)))
  return concatBytes(
    signature,
    chunk('IHDR', new Uint8Array(header.buffer)),
    chunk('IDAT', new Uint8Array(deflateSync(concatBytes(...lines)))),
    chunk('IEND', new Uint8Array()),
  )
}

function scanline(row: readonly boolean[], side: number): Uint8Array {
  const line = new Uint8Array(1 + Math.ceil(side / 8))
  for (let x = 0; x < side; x++) {
    const isBlack = row[Math.floor(x / scale)] === true
    if (!isBlack) line[1 + (x >> 3)] = (line[1 + (x >> 3)] ?? 0) | (0x80 >> (x & 7))
  }
  return line
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const body = concatBytes(toUtf8(type), data)
  const frame = new DataView(new ArrayBuffer(8))
  frame.setUint32(0, data.length)
  frame.setUint32(4, crc32(body))
  const bytes = new Uint8Array(frame.buffer)
  return concatBytes(bytes.subarray(0, 4), body, bytes.subarray(4))
}
