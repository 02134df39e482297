import type { SMTPServerOptions } from 'smtp-server'
import { describe, expect, it } from 'vitest'
import { errorOf, mail, startServer, testCertificate, transportTo } from '../../../../test/mail-server.ts'
import { queueCode } from '../../../../test/outbox.ts'
import { hourMs, minuteMs } from '../platform/clock.ts'
import { createTestCore } from '../testing/test-core.ts'
import { toMailError } from './mail-error.ts'
import { asMessageId } from './message.ts'
import { parseSenderAddress } from './sender-address.ts'
import { smtpOptionsFrom } from './smtp-environment.ts'
import { createSmtpTransport } from './smtp-transport.ts'
import { createCourier } from './worker.ts'

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
    const id = await queueCode(core, { livesMs: minuteMs })
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

describe('signing in at the mail server', () => {
  const onAuth: SMTPServerOptions['onAuth'] = (auth, _session, callback) => {
    if (auth.username === 'acme' && auth.password === 'right') callback(null, { user: 'acme' })
    else callback(new Error(`no such user ${auth.username}`))
  }

  it('works with the right password', async () => {
    const server = await startServer({ authOptional: false, onAuth })
    const options = {
      security: 'starttls',
      certificateAuthorities: [testCertificate],
      user: 'acme',
      password: 'right',
    } as const
    const transport = transportTo(server, options)
    await transport.verify()
    await transport.send(mail)
    expect(server.deliveries).toHaveLength(1)
  })

  it('fails with another as a fault of the server, and says nothing of either', async () => {
    const server = await startServer({ authOptional: false, onAuth })
    const options = {
      security: 'starttls',
      certificateAuthorities: [testCertificate],
      user: 'acme',
      password: 'not-right',
    } as const
    const transport = transportTo(server, options)
    const error = await errorOf(transport.send(mail))
    expect(error).toMatchObject({ kind: 'unavailable', answer: 'EAUTH AUTH 535' })
    expect((await errorOf(transport.verify())).kind).toBe('unavailable')
    const core = createTestCore()
    const id = await queueCode(core, { livesMs: hourMs })
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
    const id = await queueCode(core, { livesMs: hourMs })
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
    const code = await queueCode(core, { livesMs: 5 * minuteMs, to: 'late@example.com' })
    const notice = await queueCode(core, { livesMs: 24 * hourMs, to: 'notice@example.com' })
    expect(await courier.drain()).toMatchObject({ sent: 0, expired: 0 })
    expect(await core.store.findMessage(asMessageId(notice))).toMatchObject({
      status: 'queued',
      lastError: 'ESOCKET CONN ECONNREFUSED',
    })
    for (let minute = 0; minute < 60; minute++) {
      await core.clock.advance(minuteMs)
      await courier.drain()
    }
    const again = await queueCode(core, { livesMs: 5 * minuteMs, to: 'again@example.com' })
    const second = await startServer({ port })
    await core.clock.advance(minuteMs)
    await courier.drain()
    expect(second.deliveries.map(({ to }) => to[0])).toEqual(['again@example.com', 'notice@example.com'])
    expect((await core.store.findMessage(asMessageId(code)))?.status).toBe('expired')
    expect((await core.store.findMessage(asMessageId(again)))?.status).toBe('sent')
    await courier.stop()
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
