import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** Cuts what a client sends into messages; keeps the rest until more comes. */
export type Framing = (buffered: Buffer) => { readonly messages: readonly Buffer[]; readonly rest: Buffer }

/** What a message means for a transaction. */
export type Meaning = 'begin' | 'statement' | 'commit' | 'other'

export interface Proxy {
  readonly port: number
  /** Every connection breaks, on both sides, at once. */
  cut(): void
  /** Nobody is there any more, until `comeBack`. */
  goAway(): void
  comeBack(): void
  /** Every connection stays open, but nothing passes in either direction, until `flow`: what a lost route looks like. */
  stall(): void
  flow(): void
  /** Once: the transaction that begins next loses its connection before its statement number `number` reaches the server. */
  breakBefore(number: number): void
  /** Once: the next COMMIT reaches the server, but its answer reaches nobody. */
  loseAnswerOfCommit(): void
  /** Once: called at the moment when `loseAnswerOfCommit` strikes. */
  whenCommitIsLost(run: () => void): void
  close(): Promise<void>
}

export interface ProxyOptions {
  readonly host: string
  readonly port: number
  readonly framing: () => Framing
  readonly meaning: () => (message: Buffer) => Meaning
}

/** In front of a real server: passes everything on, and breaks where it is told to. */
export async function createProxy({ host, port, framing, meaning }: ProxyOptions): Promise<Proxy> {
  const open = new Set<Socket>()
  let away = false
  let stalled = false
  let breakBefore = 0
  let losesCommit = false
  let onLostCommit = (): void => undefined

  const server = createServer((client) => {
    if (away) {
      client.destroy()
      return
    }
    const upstream = connect({ host, port })
    client.setNoDelay(true)
    upstream.setNoDelay(true)
    const cutIntoMessages = framing()
    const meaningOf = meaning()
    let rest: Buffer = Buffer.alloc(0)
    let statement = -1
    let deaf = false
    const drop = (): void => {
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) {
      open.add(socket)
      if (stalled) socket.pause()
      socket.on('error', drop)
      socket.on('close', () => {
        open.delete(socket)
        if (!deaf) drop()
      })
    }
    upstream.on('data', (bytes) => {
      if (!deaf) client.write(bytes)
    })
    client.on('data', (bytes) => {
      if (deaf) return
      const framed = cutIntoMessages(Buffer.concat([rest, bytes]))
      rest = framed.rest
      for (const message of framed.messages) {
        const means = meaningOf(message)
        if (means === 'begin') statement = 0
        else if (means === 'statement' || means === 'commit') {
          if (statement >= 0) statement += 1
          if (breakBefore > 0 && (statement === breakBefore || (means === 'commit' && statement < breakBefore))) {
            breakBefore = 0
            drop()
            return
          }
        }
        if (means === 'commit' && losesCommit) {
          losesCommit = false
          deaf = true
          open.delete(upstream)
          upstream.write(message)
          // The server closes this side once it has done what it was sent.
          upstream.end()
          client.destroy()
          onLostCommit()
          return
        }
        if (means === 'commit') statement = -1
        upstream.write(message)
      }
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const cut = (): void => {
    for (const socket of open) socket.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    goAway() {
      away = true
      cut()
    },
    comeBack() {
      away = false
    },
    stall() {
      stalled = true
      for (const socket of open) socket.pause()
    },
    flow() {
      stalled = false
      for (const socket of open) socket.resume()
    },
    breakBefore(number) {
      breakBefore = number
    },
    loseAnswerOfCommit() {
      losesCommit = true
    },
    whenCommitIsLost(run) {
      onLostCommit = run
    },
    async close() {
      cut()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
}

/** PostgreSQL: a type byte and a length, but for the first message (https://www.postgresql.org/docs/current/protocol-message-formats.html). */
export function createPostgresFraming(): Framing {
  let started = false
  return (buffered) => {
    const messages: Buffer[] = []
    let at = 0
    for (;;) {
      const header = started ? 1 : 0
      if (buffered.length < at + header + 4) break
      const end = at + header + buffered.readInt32BE(at + header)
      if (buffered.length < end) break
      messages.push(buffered.subarray(at, end))
      at = end
      started = true
    }
    return { messages, rest: buffered.subarray(at) }
  }
}

/** Parse comes once, Bind and Execute every time: what is in front of Bind may still pass, and a COMMIT is done by its Execute. */
export function createPostgresMeaning(): (message: Buffer) => Meaning {
  let bound = ''
  return (message) => {
    const type = String.fromCharCode(message[0] ?? 0)
    // Behind the type and the length: the empty name of the portal, then that of the statement.
    if (type === 'B') bound = message.toString('utf8', 6, message.indexOf(0, 6))
    if (type !== 'B' && type !== 'E') return 'other'
    if (bound.endsWith('_begin')) return type === 'E' ? 'begin' : 'other'
    if (bound.endsWith('_commit')) return type === 'E' ? 'commit' : 'other'
    return type === 'B' ? 'statement' : 'other'
  }
}

/** MySQL: a length of three bytes, little end first, and a number (https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_packets.html). */
export const mysqlFraming: Framing = (buffered) => {
  const messages: Buffer[] = []
  let at = 0
  while (buffered.length >= at + 4 && buffered.length >= at + 4 + buffered.readUIntLE(at, 3)) {
    const end = at + 4 + buffered.readUIntLE(at, 3)
    messages.push(buffered.subarray(at, end))
    at = end
  }
  return { messages, rest: buffered.subarray(at) }
}

export function mysqlMeaning(message: Buffer): Meaning {
  if (message[3] !== 0) return 'other'
  if (message[4] === 0x17) return 'statement'
  if (message[4] !== 0x03) return 'other'
  const text = message.toString('utf8', 5)
  if (text.endsWith('START TRANSACTION')) return 'begin'
  return text.endsWith('COMMIT') ? 'commit' : 'other'
}
