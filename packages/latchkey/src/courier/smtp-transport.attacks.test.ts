import { describe, expect, it } from 'vitest'
import { errorOf, mail, startServer, testCertificate, transportTo } from '../../../../test/mail-server.ts'
import { LatchkeyError } from '../platform/errors.ts'
import type { Mail } from './mail-transport.ts'
import { createSmtpTransport } from './smtp-transport.ts'

describe('encryption', () => {
  it('is begun with STARTTLS before anything is said, when the certificate is trusted', async () => {
    const server = await startServer()
    await transportTo(server, { security: 'starttls', certificateAuthorities: [testCertificate] }).send(mail)
    expect(server.deliveries[0]?.isEncrypted).toBe(true)
  })

  it('is there from the first byte with `tls`', async () => {
    const server = await startServer({ secure: true })
    await transportTo(server, { security: 'tls', certificateAuthorities: [testCertificate] }).send(mail)
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
      certificateAuthorities: [testCertificate],
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
