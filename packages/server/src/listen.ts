import { createServer, type RequestListener, type Server } from 'node:http'

/** The sockets of one server: development listens on both loopback addresses, and one of them may not exist. */
export interface Listening {
  readonly port: number
  readonly hosts: readonly string[]
  /** Takes no new connection, ends those that are idle, and resolves when the others are through. */
  stop(): Promise<void>
  /** Cuts what is still open. */
  cut(): void
}

export class ListenError extends Error {
  override readonly name = 'ListenError'
  readonly code: string
  constructor(code: string, message: string, cause: unknown) {
    super(message, { cause })
    this.code = code
  }
}

/**
 * Deliberate against slow clients (https://nodejs.org/api/http.html): headers within 10 s, a whole request (64 KiB at most) within 30 s, a
 * connection on which nothing moves for a minute is cut. Idle connections stay for 65 s, because load balancers keep theirs for 60 and a
 * server that hangs up first loses requests.
 */
const serverOptions = {
  maxHeaderSize: 16_384,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 2_000,
}

const idleSocketMs = 70_000

/** @throws ListenError, saying what to do */
export async function listen(
  listener: RequestListener,
  { hosts, port }: { readonly hosts: readonly string[]; readonly port: number },
): Promise<Listening> {
  const servers: Server[] = []
  const listening: string[] = []
  let boundPort = port
  for (const [index, host] of hosts.entries()) {
    const server = createServer(serverOptions, listener)
    server.timeout = idleSocketMs
    try {
      boundPort = await bind(server, host, boundPort)
    } catch (error) {
      // The first address is the one that was asked for; a machine without IPv6 has no second one.
      if (index > 0 && codeOf(error) !== 'EADDRINUSE') continue
      for (const opened of servers) opened.close()
      throw listenError(error, host, port)
    }
    servers.push(server)
    listening.push(host)
  }
  return {
    port: boundPort,
    hosts: listening,
    async stop() {
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
    },
    cut() {
      for (const server of servers) server.closeAllConnections()
    },
  }
}

function bind(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

function listenError(error: unknown, host: string, port: number): ListenError {
  const code = codeOf(error)
  switch (code) {
    case 'EADDRINUSE':
      return new ListenError(
        code,
        `Port ${port} on ${host} is taken by another program. Stop it, or choose another port: PORT=${port === 65_535 ? 4001 : port + 1}`,
        error,
      )
    case 'EACCES':
      return new ListenError(code, `Port ${port} needs more rights. Choose a port above 1023: PORT=4000`, error)
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new ListenError(code, `${host} is not an address of this machine: HOST=127.0.0.1 or HOST=0.0.0.0`, error)
    default:
      return new ListenError(code, `The server cannot listen on ${host}, port ${port} (${code}).`, error)
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'
}
