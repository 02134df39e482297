import type { AddressInfo } from 'node:net'
import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { afterEach, describe, expect, it } from 'vitest'
import { hourMs, minuteMs } from '../platform/clock.ts'
import { LatchkeyError } from '../platform/errors.ts'
import { createTestCore, type TestCore } from '../testing/test-core.ts'
import { parseEmailAddress } from '../user/email-address.ts'
import { enqueueMessage } from './enqueue-message.ts'
import { MailError, toMailError } from './mail-error.ts'
import type { Mail } from './mail-transport.ts'
import { asMessageId } from './message.ts'
import { parseSenderAddress } from './sender-address.ts'
import { smtpOptionsFrom } from './smtp-environment.ts'
import { createSmtpTransport, type SmtpOptions, type SmtpTransport } from './smtp-transport.ts'
import { createCourier } from './worker.ts'

// Made for these tests, trusted by nothing else: localhost, from 2020 to 2120.
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgcQgF27qMM2K3CSBu
N3r7hEH/SzA6abSWwTkJhyZqYxuhRANCAAQUbZYa5imI/1GrdjgyCMCJwlNNY2jZ
sfx6+xB1+v4FwaAaFCPG7QjgoKZvpYEx3Eqdw8zKJIG4XQhm5XERlVIe
-----END PRIVATE KEY-----`
const cert = `-----BEGIN CERTIFICATE-----
MIIBZzCCAQ2gAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
c3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABBRtlhrmKYj/Uat2
ODIIwInCU01jaNmx/Hr7EHX6/gXBoBoUI8btCOCgpm+lgTHcSp3DzMokgbhdCGbl
cRGVUh6jTjBMMBoGA1UdEQQTMBGCCWxvY2FsaG9zdIcEfwAAATAPBgNVHRMBAf8E
BTADAQH/MB0GA1UdDgQWBBRYcAKD3Gdc9dJKn2SKbyWWJ0Eo3DAKBggqhkjOPQQD
AgNIADBFAiEA8LcZM7XakWr0RXyTcmDW0l1r8eFq9epwQlVa+/Ax5u8CIBGrYzus
4oPUbEl3vjYsyMa7p5wtUkv8KHM6Ag5b+gkX
-----END CERTIFICATE-----`

interface Delivery {
  readonly from: string
  readonly to: readonly string[]
  readonly isEncrypted: boolean
  readonly mail: Email
  readonly raw: string
}

interface MailServer {
  readonly port: number
  readonly deliveries: readonly Delivery[]
  stop(): Promise<void>
}

const open: { stop(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.stop()
})

/** A real SMTP server on this machine that keeps what it is given. */
async function startServer(options: SMTPServerOptions & { readonly port?: number } = {}): Promise<MailServer> {
  const { port = 0, ...rest } = options
  const deliveries: Delivery[] = []
  const server = new SMTPServer({
    authOptional: true,
    key,
    cert,
    onData(stream, session, callback) {
      const chunks: Buffer[] = []
      const keep = async (): Promise<void> => {
        const raw = Buffer.concat(chunks).toString()
        const { mailFrom, rcptTo } = session.envelope
        deliveries.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          isEncrypted: session.secure === true,
          mail: await PostalMime.parse(raw),
          raw,
        })
        callback()
      }
      stream.on('data', (chunk: Buffer) => void chunks.push(chunk))
      stream.on('end', () => void keep())
    },
    ...rest,
  })
  // Clients that hang up in the middle of a handshake are part of the tests.
  server.on('error', () => undefined)
  await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', () => resolve()))
  let isStopped = false
  const started = {
    port: (server.server.address() as AddressInfo).port,
    deliveries,
    stop: () =>
      new Promise<void>((resolve) => {
        if (isStopped) return resolve()
        isStopped = true
        server.close(() => resolve())
      }),
  }
  open.push(started)
  return started
}

function transportTo(server: { readonly port: number }, options: Partial<SmtpOptions> = {}): SmtpTransport {
  const transport = createSmtpTransport({
    host: '127.0.0.1',
    port: server.port,
    from: 'Acme, Inc. <hello@example.com>',
    ...options,
  })
  open.unshift({ stop: () => transport.close() })
  return transport
}

const mail: Mail = {
  id: '01',
  messageId: '<01@app.example.com>',
  to: 'ada@example.com',
  subject: 'Ein Gruß an Ada',
  text: 'Your code is 123456',
  html: '<p>Your code is 123456</p>',
  at: 0,
}

async function errorOf(work: Promise<unknown>): Promise<MailError> {
  try {
    await work
  } catch (error) {
    if (error instanceof MailError) return error
    throw error
  }
  throw new TypeError('it did not fail')
}

async function queueCode(core: TestCore, livesMs: number, to = 'ada@example.com'): Promise<string> {
  const recipient = parseEmailAddress(to)
  if (recipient === undefined) throw new TypeError(to)
  const write = enqueueMessage(core, {
    template: 'sign-in-code',
    data: { code: '123456', expiresInMinutes: 5 },
    to: recipient,
    userId: null,
    notAfter: core.clock.now() + livesMs,
  })
  await core.store.commit([write], core.clock.now())
  return write.kind === 'enqueueMessage' ? write.message.id : ''
}

describe('mail over SMTP', () => {
  it('arrives with its headers and both bodies', async () => {
    const server = await startServer()
    await transportTo(server).send(mail)
    const [delivery] = server.deliveries
    expect(delivery).toMatchObject({ from: 'hello@example.com', to: ['ada@example.com'] })
    expect(delivery?.mail).toMatchObject({
      messageId: '<01@app.example.com>',
      subject: 'Ein Gruß an Ada',
      from: { name: 'Acme, Inc.', address: 'hello@example.com' },
      to: [{ address: 'ada@example.com' }],
    })
    expect(delivery?.mail.text?.trim()).toBe(mail.text)
    expect(delivery?.mail.html?.trim()).toBe(mail.html)
    expect(delivery?.raw).toMatch(/^Auto-Submitted: auto-generated\r$/m)
  })

  it('carries a whole message from the outbox', async () => {
    const server = await startServer()
    const core = createTestCore({ settings: { appName: 'Größe' } })
    const id = await queueCode(core, minuteMs)
    const courier = createCourier({ core, transport: transportTo(server), timers: core.clock })
    expect(await courier.drain()).toMatchObject({ sent: 1 })
    expect(server.deliveries[0]?.mail).toMatchObject({
      messageId: `<${id}@app.example.com>`,
      subject: 'Your sign-in code for Größe',
    })
    expect(server.deliveries[0]?.mail.text).toMatch(/^Your code is 123456$/m)
  })

  it('is sent over a few connections that are kept', async () => {
    let connections = 0
    const server = await startServer({
      onConnect(_session, callback) {
        connections++
        callback()
      },
    })
    const transport = transportTo(server, { maxConnections: 2 })
    await Promise.all(Array.from({ length: 10 }, (_, index) => transport.send({ ...mail, messageId: `<${index}@x>` })))
    expect(server.deliveries).toHaveLength(10)
    expect(connections).toBeLessThanOrEqual(2)
  })
})

describe('encryption', () => {
  it('is begun with STARTTLS before anything is said, when the certificate is trusted', async () => {
    const server = await startServer()
    await transportTo(server, { security: 'starttls', certificateAuthorities: [cert] }).send(mail)
    expect(server.deliveries[0]?.isEncrypted).toBe(true)
  })

  it('is there from the first byte with `tls`', async () => {
    const server = await startServer({ secure: true })
    await transportTo(server, { security: 'tls', certificateAuthorities: [cert] }).send(mail)
    expect(server.deliveries[0]?.isEncrypted).toBe(true)
  })

  it('fails with a certificate that nobody vouches for', async () => {
    const server = await startServer()
    const error = await errorOf(transportTo(server, { security: 'starttls' }).send(mail))
    expect(error).toMatchObject({ kind: 'unavailable', answer: 'ESOCKET CONN certificate not trusted' })
    expect(server.deliveries).toEqual([])
  })

  it('is not given up when the server, or somebody on the way, does not offer it', async () => {
    let sawPassword = false
    const server = await startServer({
      hideSTARTTLS: true,
      disabledCommands: ['STARTTLS'],
      allowInsecureAuth: true,
      onAuth(auth, _session, callback) {
        sawPassword = true
        callback(null, { user: auth.username ?? '' })
      },
    })
    const options = {
      security: 'starttls',
      user: 'acme',
      password: 'secret-of-smtp',
      certificateAuthorities: [cert],
    } as const
    const error = await errorOf(transportTo(server, options).send(mail))
    expect(error).toMatchObject({ kind: 'unavailable' })
    expect(error.answer).toMatch(/^ETLS/)
    expect(sawPassword).toBe(false)
    expect(server.deliveries).toEqual([])
  })

  it('is demanded by default for every host but this machine', async () => {
    const server = await startServer({ hideSTARTTLS: true, disabledCommands: ['STARTTLS'] })
    await transportTo(server).send(mail)
    expect(server.deliveries[0]?.isEncrypted).toBe(false)
    // 127.0.0.1 written so that it is not recognised as loopback counts as any other host.
    const error = await errorOf(transportTo(server, { host: '0.0.0.0' }).send(mail))
    expect(error.answer).toMatch(/^ETLS/)
    const warnings: unknown[] = []
    const logger = {
      debug: () => undefined,
      info: () => undefined,
      error: () => undefined,
      warn: (fields: unknown) => void warnings.push(fields),
    }
    await transportTo(server, { host: '0.0.0.0', unsafePlaintext: { reason: 'a test' }, logger }).send(mail)
    expect(server.deliveries).toHaveLength(2)
    expect(warnings).toEqual([{ host: '0.0.0.0', reason: 'a test' }])
  })
})

describe('signing in at the mail server', () => {
  const onAuth: SMTPServerOptions['onAuth'] = (auth, _session, callback) => {
    if (auth.username === 'acme' && auth.password === 'right') callback(null, { user: 'acme' })
    else callback(new Error(`no such user ${auth.username}`))
  }

  it('works with the right password', async () => {
    const server = await startServer({ authOptional: false, onAuth })
    const options = { security: 'starttls', certificateAuthorities: [cert], user: 'acme', password: 'right' } as const
    const transport = transportTo(server, options)
    await transport.verify()
    await transport.send(mail)
    expect(server.deliveries).toHaveLength(1)
  })

  it('fails with another as a fault of the server, and says nothing of either', async () => {
    const server = await startServer({ authOptional: false, onAuth })
    const options = {
      security: 'starttls',
      certificateAuthorities: [cert],
      user: 'acme',
      password: 'not-right',
    } as const
    const transport = transportTo(server, options)
    const error = await errorOf(transport.send(mail))
    expect(error).toMatchObject({ kind: 'unavailable', answer: 'EAUTH AUTH 535' })
    expect((await errorOf(transport.verify())).kind).toBe('unavailable')
    const core = createTestCore()
    const id = await queueCode(core, hourMs)
    await createCourier({ core, transport, timers: core.clock }).drain()
    expect(await core.store.findMessage(asMessageId(id))).toMatchObject({
      status: 'queued',
      lastError: 'EAUTH AUTH 535',
    })
  })
})

describe('what the server answers', () => {
  const refusing = (responseCode: number, text: string): SMTPServerOptions => ({
    onRcptTo: (_address, _session, callback) => callback(Object.assign(new Error(text), { responseCode })),
  })

  it('to an unknown recipient is final', async () => {
    const server = await startServer(refusing(550, '5.1.1 <ada@example.com> unknown'))
    const error = await errorOf(transportTo(server).send(mail))
    expect(error).toMatchObject({ kind: 'refused', answer: 'EENVELOPE RCPT TO 550 5.1.1' })
  })

  it('to a full mailbox is not', async () => {
    const server = await startServer(refusing(452, '4.2.2 mailbox of ada@example.com is full'))
    const error = await errorOf(transportTo(server).send(mail))
    expect(error).toMatchObject({ kind: 'deferred', answer: 'EENVELOPE RCPT TO 452 4.2.2' })
  })

  it('to the content is final with 5yz', async () => {
    const server = await startServer({
      onData(stream, _session, callback) {
        stream.resume()
        stream.on('end', () => callback(Object.assign(new Error('5.7.1 looks like spam'), { responseCode: 554 })))
      },
    })
    expect(await errorOf(transportTo(server).send(mail))).toMatchObject({
      kind: 'refused',
      answer: 'EMESSAGE DATA 554 5.7.1',
    })
  })

  it('to our own sender concerns every mail', async () => {
    const server = await startServer({
      onMailFrom: (_address, _session, callback) =>
        callback(Object.assign(new Error('5.7.1 not your domain'), { responseCode: 550 })),
    })
    expect(await errorOf(transportTo(server).send(mail))).toMatchObject({
      kind: 'unavailable',
      answer: 'EENVELOPE MAIL FROM 550 5.7.1',
    })
  })

  it('reaches the outbox without addresses', async () => {
    const server = await startServer(refusing(550, '5.1.1 <ada@example.com> unknown, you said 123456'))
    const core = createTestCore()
    const id = await queueCode(core, hourMs)
    await createCourier({ core, transport: transportTo(server), timers: core.clock }).drain()
    expect(await core.store.findMessage(asMessageId(id))).toMatchObject({
      status: 'failed',
      data: '',
      lastError: 'EENVELOPE RCPT TO 550 5.1.1',
    })
  })

  it('never comes: the mail is given up in time', async () => {
    const server = await startServer({ onData: () => undefined })
    const error = await errorOf(transportTo(server, { timeoutMs: 300 }).send(mail))
    expect(error.kind).toBe('deferred')
  })
})

describe('a mail server that is away for an hour', () => {
  it('gets afterwards what still lives and never what has expired', async () => {
    const first = await startServer()
    const { port } = first
    await first.stop()
    const core = createTestCore()
    const courier = createCourier({ core, transport: transportTo({ port }), timers: core.clock })
    const code = await queueCode(core, 5 * minuteMs, 'late@example.com')
    const notice = await queueCode(core, 24 * hourMs, 'notice@example.com')
    expect(await courier.drain()).toMatchObject({ sent: 0, expired: 0 })
    expect(await core.store.findMessage(asMessageId(notice))).toMatchObject({
      status: 'queued',
      lastError: 'ESOCKET CONN ECONNREFUSED',
    })
    for (let minute = 0; minute < 60; minute++) {
      await core.clock.advance(minuteMs)
      await courier.drain()
    }
    const again = await queueCode(core, 5 * minuteMs, 'again@example.com')
    const second = await startServer({ port })
    await core.clock.advance(minuteMs)
    await courier.drain()
    expect(second.deliveries.map(({ to }) => to[0])).toEqual(['again@example.com', 'notice@example.com'])
    expect((await core.store.findMessage(asMessageId(code)))?.status).toBe('expired')
    expect((await core.store.findMessage(asMessageId(again)))?.status).toBe('sent')
    await courier.stop()
  })
})

describe('attempts to smuggle a header or a recipient', () => {
  it('are refused before the conversation begins', async () => {
    const server = await startServer()
    const transport = transportTo(server)
    const hostile: readonly Partial<Mail>[] = [
      { to: 'ada@example.com\r\nBcc: evil@example.com' },
      { to: 'ada@example.com, evil@example.com' },
      { to: 'ada@example.com\0' },
      { to: 'evil@example.com <ada@example.com>' },
      { to: 'ada@example.com>\r\nRCPT TO:<evil@example.com' },
      { to: '"ada@example.com evil"@example.com' },
      { to: 'Ada@example.com' },
      { subject: 'Hello\r\nBcc: evil@example.com' },
      { subject: 'Hello\0' },
      { messageId: '<1@x>\r\nBcc: evil@example.com' },
      { messageId: '1' },
    ]
    for (const part of hostile) {
      const { kind } = await errorOf(transport.send({ ...mail, ...part }))
      expect({ part, kind }).toEqual({ part, kind: 'refused' })
    }
    expect(server.deliveries).toEqual([])
  })

  it('stay in the body when they stand there', async () => {
    const server = await startServer()
    await transportTo(server).send({
      ...mail,
      text: 'a\r\n.\r\nMAIL FROM:<evil@example.com>\r\n.\r\nBcc: evil@example.com',
    })
    expect(server.deliveries).toHaveLength(1)
    expect(server.deliveries[0]?.to).toEqual(['ada@example.com'])
  })

  it('cannot come in through the sender', () => {
    const from = (text: string) => () => createSmtpTransport({ host: 'localhost', from: text })
    expect(from('Acme\r\nBcc: evil@example.com <a@example.com>')).toThrow(LatchkeyError)
    expect(from('Acme\0 <a@example.com>')).toThrow(LatchkeyError)
    expect(from('a@example.com, b@example.com')).toThrow(LatchkeyError)
    expect(from('Acme <a@example.com>, <b@example.com>')).toThrow(LatchkeyError)
    expect(from('Acme')).toThrow(LatchkeyError)
  })
})

describe('the sender', () => {
  it('may have a name, quoted or not', () => {
    expect(parseSenderAddress('hello@Example.com')).toEqual({ name: null, address: 'hello@example.com' })
    expect(parseSenderAddress('Acme <hello@example.com>')).toEqual({ name: 'Acme', address: 'hello@example.com' })
    expect(parseSenderAddress('"Acme, Inc." <hello@example.com>')).toEqual({
      name: 'Acme, Inc.',
      address: 'hello@example.com',
    })
    expect(parseSenderAddress('<hello@example.com>')).toEqual({ name: null, address: 'hello@example.com' })
  })
})

describe('options', () => {
  it('come from the variables that existing deployments have', () => {
    const options = smtpOptionsFrom({
      SMTP_HOST: 'smtp.office365.com',
      SMTP_PORT: '587',
      SMTP_USER: 'acme',
      SMTP_PASS: ' secret ',
      SMTP_FROM: 'Acme <hello@example.com>',
      SMTP_SECURE: 'false',
    })
    expect(options).toMatchObject({ host: 'smtp.office365.com', port: 587, user: 'acme', security: 'starttls' })
    expect(JSON.stringify(options)).not.toContain('secret')
    expect(smtpOptionsFrom({})).toBeUndefined()
  })

  it('are refused by name, without their value', () => {
    const base = { SMTP_HOST: 'smtp.example.com', SMTP_FROM: 'a@example.com' }
    const from = (more: Record<string, string>) => () => smtpOptionsFrom({ ...base, ...more })
    expect(() => smtpOptionsFrom({ SMTP_HOST: 'x' })).toThrow('SMTP_FROM')
    expect(from({ SMTP_PORT: '99x' })).toThrow('SMTP_PORT')
    expect(from({ SMTP_PASS: 'value-of-it' })).toThrow(/^(?!.*value-of-it).*SMTP_USER and SMTP_PASS/)
    expect(from({ SMTP_SECURE: 'maybe' })).toThrow('SMTP_SECURE')
    expect(() => createSmtpTransport({ host: 'x', from: 'a@example.com', port: 0 })).toThrow('port')
    expect(() => createSmtpTransport({ host: 'x y', from: 'a@example.com' })).toThrow('host')
    expect(() => createSmtpTransport({ host: 'x', from: 'a@example.com', user: 'u' })).toThrow('password')
  })
})

describe('what an unknown transport throws', () => {
  it('is put down as its code alone', () => {
    expect(toMailError(Object.assign(new Error('to ada@example.com'), { code: 'EFOO' })).answer).toBe('EFOO')
    expect(toMailError(Object.assign(new Error('x'), { code: 'ada@example.com' })).answer).toBe('unknown error')
    expect(toMailError('text with ada@example.com')).toMatchObject({ kind: 'deferred', answer: 'unknown error' })
  })
})
