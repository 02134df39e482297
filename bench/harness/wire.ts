import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** What a client asked a PostgreSQL server, as it went over the wire. */
export interface WireCount {
  readonly statements: number
  /** BEGIN, COMMIT, ROLLBACK. */
  readonly frames: number
  /** How often the client waited for the server before it went on. */
  readonly roundTrips: number
}

export interface Wire {
  /** The database's address, through the wire. */
  readonly url: string
  count(): WireCount
  /** Takes the server's notifications away, as a transaction pooler does. */
  dropNotifications(drop: boolean): void
  /** Nothing passes any more, and nobody is told: a half-open connection. */
  stall(stalled: boolean): void
  /** Ends the connections that are open; new ones pass. */
  cut(): void
  close(): void
}

/** A proxy in front of PostgreSQL that counts the messages of its protocol (https://www.postgresql.org/docs/current/protocol-message-formats.html). */
export async function openWire(databaseUrl: string): Promise<Wire> {
  const target = new URL(databaseUrl)
  let statements = 0
  let frames = 0
  let roundTrips = 0
  let dropping = false
  let stalled = false
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect({ host: target.hostname, port: Number(target.port) || 5432, noDelay: true })
    client.setNoDelay(true)
    let isAnswered = false
    let bound = ''
    const asked = createReader(false, (type, body) => {
      // Behind the empty name of the portal stands that of the statement.
      if (type === 'B') bound = body.toString('latin1', 1, body.indexOf(0, 1))
      if (type !== 'Q' && type !== 'E') return
      const isFrame =
        type === 'E'
          ? /_(begin|commit|rollback)$/.test(bound)
          : /^(BEGIN|COMMIT|ROLLBACK|START TRANSACTION)\b/i.test(body.toString('latin1'))
      if (isFrame) frames++
      else statements++
    })
    const answered = createFilter(() => dropping)
    client.on('data', (chunk) => {
      if (isAnswered) roundTrips++
      isAnswered = false
      asked(chunk)
      if (!stalled) upstream.write(chunk)
    })
    upstream.on('data', (chunk) => {
      isAnswered = true
      if (!stalled) client.write(answered(chunk))
    })
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(databaseUrl)
  url.hostname = '127.0.0.1'
  url.port = String((server.address() as AddressInfo).port)
  const cut = (): void => sockets.forEach((socket) => socket.destroy())
  return {
    url: url.href,
    count: () => ({ statements, frames, roundTrips }),
    dropNotifications: (drop) => void (dropping = drop),
    stall: (stall) => void (stalled = stall),
    cut,
    close() {
      server.close()
      cut()
    },
  }
}

/** Calls for each whole message. The very first of a client, the start-up packet, has no type. */
function createReader(hasType: boolean, message: (type: string, body: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0)
  let isTyped = hasType
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    for (;;) {
      const head = isTyped ? 1 : 0
      if (rest.length < head + 4) return
      const length = head + rest.readUInt32BE(head)
      if (rest.length < length) return
      if (isTyped) message(String.fromCharCode(rest[0] ?? 0), rest.subarray(head + 4, length))
      isTyped = true
      rest = rest.subarray(length)
    }
  }
}

/** Passes everything but NotificationResponse ('A') while it is asked to drop those. */
function createFilter(isDropping: () => boolean): (chunk: Buffer) => Buffer {
  let rest: Buffer = Buffer.alloc(0)
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const passed: Buffer[] = []
    while (rest.length >= 5 && rest.length >= 1 + rest.readUInt32BE(1)) {
      const whole = rest.subarray(0, 1 + rest.readUInt32BE(1))
      if (!isDropping() || whole[0] !== 65) passed.push(whole)
      rest = rest.subarray(whole.length)
    }
    return Buffer.concat(passed)
  }
}
