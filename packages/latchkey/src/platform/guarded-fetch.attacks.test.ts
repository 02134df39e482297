import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createGuardedFetch, OutgoingError, type GuardedFetchOptions, type OutgoingFailure } from './guarded-fetch.ts'

const servers: Server[] = []

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://localhost:${(server.address() as AddressInfo).port}`
}

async function failureOf(url: string, options: GuardedFetchOptions = {}): Promise<OutgoingFailure | 'none'> {
  try {
    await createGuardedFetch(options)(url)
    return 'none'
  } catch (error) {
    if (error instanceof OutgoingError) return error.reason
    throw error
  }
}

const local = { allowPrivateNetwork: true, resolve: () => Promise.resolve(['127.0.0.1']) }

describe('a guarded request', () => {
  it('refuses the own machine, private networks and metadata services in every spelling of a URL', async () => {
    const hosts = ['127.0.0.1', '2130706433', '0x7f000001', '0x7f.1', '017700000001', '127.1', '127.0.0.1.', '[::1]']
    hosts.push('[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '１２７.0.0.1', '169.254.169.254', '0xa9fea9fe', '10.0.0.1')
    hosts.push(
      '[::ffff:169.254.169.254]',
      '[fe80::1]',
      '[fd00::1]',
      '192.168.0.1',
      '0.0.0.0',
      '0',
      '[::]',
      '2852039166',
    )
    const outcomes = await Promise.all(hosts.map((host) => failureOf(`https://${host}/`)))
    expect(outcomes.map((outcome, index) => [hosts[index], outcome])).toEqual(
      hosts.map((host) => [host, 'forbidden_address']),
    )
  })

  it('refuses what is not HTTPS, and credentials in a URL', async () => {
    const urls = [
      'http://example.com/',
      'http://127.0.0.1/',
      'ftp://example.com/',
      'file:///etc/passwd',
      'data:,x',
      'x',
    ]
    urls.push('https://user:pass@example.com/', 'gopher://example.com/', 'http://localhost/')
    const outcomes = await Promise.all(urls.map((url) => failureOf(url)))
    expect(outcomes).toEqual(urls.map(() => 'insecure_url'))
  })

  it('refuses a name when any of its addresses is not public', async () => {
    const answers = [
      ['127.0.0.1'],
      ['8.8.8.8', '10.0.0.1'],
      ['169.254.169.254'],
      ['::ffff:10.0.0.1'],
      ['not an address'],
    ]
    const outcomes = await Promise.all(
      answers.map((addresses) => failureOf('https://idp.example.com/', { resolve: () => Promise.resolve(addresses) })),
    )
    expect(outcomes).toEqual(answers.map(() => 'forbidden_address'))
  })

  it('goes to the address that was judged, whatever the name answers next (DNS rebinding)', async () => {
    const origin = await serve((_, response) => response.end('the one that was judged'))
    const answers = [['127.0.0.1'], ['127.0.0.2']]
    let asked = 0
    const guarded = createGuardedFetch({
      allowPrivateNetwork: true,
      resolve: () => Promise.resolve(answers[asked++] ?? []),
    })
    expect([await (await guarded(origin)).text(), asked]).toEqual(['the one that was judged', 1])
    // The second answer is another address, where nothing listens: the resolution of this request, not of the one before, is used.
    await expect(guarded(origin)).rejects.toMatchObject({ reason: 'unreachable' })
  })

  it('refuses link-local addresses even where private networks are allowed', async () => {
    const outcomes = await Promise.all(
      ['https://169.254.169.254/', 'https://[fe80::1]/', 'https://168.63.129.16/', 'https://[fd00:ec2::254]/'].map(
        (url) => failureOf(url, { allowPrivateNetwork: true }),
      ),
    )
    expect(new Set(outcomes)).toEqual(new Set(['forbidden_address']))
  })

  it('allows plain HTTP to this machine alone where private networks are allowed', async () => {
    expect(await failureOf('http://10.0.0.1/', local)).toBe('insecure_url')
    expect(await failureOf('http://intranet/', local)).toBe('insecure_url')
    expect(await failureOf('http://localhost.example.com/', local)).toBe('insecure_url')
  })

  it('refuses redirects, whereto they may lead', async () => {
    for (const status of [301, 302, 303, 307, 308, 304]) {
      const origin = await serve((_, response) => {
        response.writeHead(status, { location: 'http://169.254.169.254/latest/meta-data/' }).end()
      })
      expect([status, await failureOf(origin, local)]).toEqual([status, 'redirect'])
    }
  })

  it('stops at a body that is too large, whatever its length claims to be', async () => {
    const chunk = 'x'.repeat(65_536)
    const honest = await serve((_, response) => response.end(chunk.repeat(5)))
    const endless = await serve((request, response) => {
      const more = (): void => {
        while (!request.destroyed && response.write(chunk));
      }
      response.on('drain', more)
      more()
    })
    expect([await failureOf(honest, local), await failureOf(endless, local)]).toEqual(['too_large', 'too_large'])
    expect(await failureOf(honest, { ...local, maxBodyBytes: 5 * 65_536 })).toBe('none')
  })

  it('stops at an answer that is too slow, at each of its stages', async () => {
    const silent = await serve(() => undefined)
    const dripping = await serve((request, response) => {
      const drip = setInterval(() => response.write('.'), 20)
      request.on('close', () => clearInterval(drip))
    })
    const fast = { ...local, timeoutMs: 150 }
    expect([await failureOf(silent, fast), await failureOf(dripping, fast)]).toEqual(['timeout', 'timeout'])
    expect(
      await failureOf('https://idp.example.com/', { timeoutMs: 50, resolve: () => new Promise(() => undefined) }),
    ).toBe('timeout')
  })

  it('does not decompress, so that a small answer stays small', async () => {
    const origin = await serve((request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(String(request.headers['accept-encoding']))
    })
    expect(await (await createGuardedFetch(local)(origin)).text()).toBe('identity')
  })

  it('tells a server that is not there from one that must not be asked', async () => {
    const origin = await serve((request) => void request.socket.destroy())
    expect(await failureOf(origin, local)).toBe('unreachable')
    const unknown = { resolve: () => Promise.reject(new Error('ENOTFOUND')) }
    expect(await failureOf('https://idp.example.com/', unknown)).toBe('unresolvable')
    expect(await failureOf('https://idp.example.com/', { resolve: () => Promise.resolve([]) })).toBe('unresolvable')
  })

  it('sends method, headers and body, and hands back status, type and bytes', async () => {
    const origin = await serve((request, response) => {
      let body = ''
      request.on('data', (chunk) => (body += String(chunk)))
      request.on('end', () => {
        response.writeHead(201, { 'content-type': 'application/json', 'set-cookie': 'a=b' })
        response.end(JSON.stringify([request.method, request.headers['content-type'], body]))
      })
    })
    const answer = await createGuardedFetch(local)(origin, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'a=ä',
    })
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('set-cookie')]).toEqual([
      201,
      'application/json',
      null,
    ])
    expect(await answer.json()).toEqual(['POST', 'application/x-www-form-urlencoded', 'a=ä'])
  })
})
