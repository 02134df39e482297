import type { SqlValue } from '../statement.ts'

// Messages of the extended query protocol, one behind the other in one buffer, so that a transaction is one write to the socket:
// https://www.postgresql.org/docs/current/protocol-message-formats.html

export interface WireMessages {
  closeStatement(name: string): void
  parse(name: string, text: string): void
  /** To the unnamed portal, everything as text. */
  bind(name: string, values: readonly SqlValue[]): void
  describe(): void
  execute(): void
  sync(): void
}

const describePortal = Buffer.from([0x44, 0, 0, 0, 6, 0x50, 0])
const executePortal = Buffer.from([0x45, 0, 0, 0, 9, 0, 0, 0, 0, 0])
const sync = Buffer.from([0x53, 0, 0, 0, 4])
const mostBytesOfCharacter = 3

export function createWireWriter(): (write: (messages: WireMessages) => void) => Buffer {
  let bytes = Buffer.allocUnsafe(16_384)
  let end = 0

  function reserve(size: number): void {
    if (end + size <= bytes.length) return
    const larger = Buffer.allocUnsafe(2 * (end + size))
    bytes.copy(larger, 0, 0, end)
    bytes = larger
  }

  function append(message: Buffer): void {
    reserve(message.length)
    end += message.copy(bytes, end)
  }

  function int16(number: number): void {
    reserve(2)
    end = bytes.writeInt16BE(number, end)
  }

  function int32(number: number): void {
    reserve(4)
    end = bytes.writeInt32BE(number, end)
  }

  function text(characters: string): void {
    reserve(mostBytesOfCharacter * characters.length)
    end += bytes.write(characters, end)
  }

  function terminatedText(characters: string): void {
    text(characters)
    text('\0')
  }

  /** The length comes in front of what it counts. */
  function counted(write: () => void, itself: 0 | 4): void {
    const start = end
    int32(0)
    write()
    bytes.writeInt32BE(end - start - 4 + itself, start)
  }

  function message(type: string, write: () => void): void {
    text(type)
    counted(write, 4)
  }

  const messages: WireMessages = {
    closeStatement(name) {
      message('C', () => terminatedText(`S${name}`))
    },
    parse(name, statement) {
      message('P', () => {
        terminatedText(name)
        terminatedText(statement)
        int16(0)
      })
    },
    bind(name, values) {
      message('B', () => {
        terminatedText('')
        terminatedText(name)
        int16(0)
        int16(values.length)
        for (const value of values) {
          if (value === null) int32(-1)
          else counted(() => text(String(value)), 0)
        }
        int16(0)
      })
    },
    describe: () => append(describePortal),
    execute: () => append(executePortal),
    sync: () => append(sync),
  }
  return (write) => {
    end = 0
    write(messages)
    return Buffer.from(bytes.subarray(0, end))
  }
}
