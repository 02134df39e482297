import type { AddressInfo } from 'node:net'
import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { afterEach } from 'vitest'
import { MailError } from '../packages/latchkey/src/courier/mail-error.ts'
import type { Mail } from '../packages/latchkey/src/courier/mail-transport.ts'
import {
  createSmtpTransport,
  type SmtpOptions,
  type SmtpTransport,
} from '../packages/latchkey/src/courier/smtp-transport.ts'

// Made for these tests, trusted by nothing else: localhost, from 2020 to 2120.
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgcQgF27qMM2K3CSBu
N3r7hEH/SzA6abSWwTkJhyZqYxuhRANCAAQUbZYa5imI/1GrdjgyCMCJwlNNY2jZ
sfx6+xB1+v4FwaAaFCPG7QjgoKZvpYEx3Eqdw8zKJIG4XQhm5XERlVIe
-----END PRIVATE KEY-----`
export const testCertificate = `-----BEGIN CERTIFICATE-----
MIIBZzCCAQ2gAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
c3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABBRtlhrmKYj/Uat2
ODIIwInCU01jaNmx/Hr7EHX6/gXBoBoUI8btCOCgpm+lgTHcSp3DzMokgbhdCGbl
cRGVUh6jTjBMMBoGA1UdEQQTMBGCCWxvY2FsaG9zdIcEfwAAATAPBgNVHRMBAf8E
BTADAQH/MB0GA1UdDgQWBBRYcAKD3Gdc9dJKn2SKbyWWJ0Eo3DAKBggqhkjOPQQD
AgNIADBFAiEA8LcZM7XakWr0RXyTcmDW0l1r8eFq9epwQlVa+/Ax5u8CIBGrYzus
4oPUbEl3vjYsyMa7p5wtUkv8KHM6Ag5b+gkX
-----END CERTIFICATE-----`

export interface Delivery {
  readonly from: string
  readonly to: readonly string[]
  readonly isEncrypted: boolean
  readonly mail: Email
  readonly raw: string
}

export interface MailServer {
  readonly port: number
  readonly deliveries: readonly Delivery[]
  stop(): Promise<void>
}

const open: { stop(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.stop()
})

/** A real SMTP server on this machine that keeps what it is given. */
export async function startServer(options: SMTPServerOptions & { readonly port?: number } = {}): Promise<MailServer> {
  const { port = 0, ...rest } = options
  const deliveries: Delivery[] = []
  const server = new SMTPServer({
    authOptional: true,
    key,
    cert: testCertificate,
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

export function transportTo(server: { readonly port: number }, options: Partial<SmtpOptions> = {}): SmtpTransport {
  const transport = createSmtpTransport({
    host: '127.0.0.1',
    port: server.port,
    from: 'Acme, Inc. <hello@example.com>',
    ...options,
  })
  open.unshift({ stop: () => transport.close() })
  return transport
}

export const mail: Mail = {
  id: '01',
  messageId: '<01@app.example.com>',
  to: 'ada@example.com',
  subject: 'Ein Gruß an Ada',
  text: 'Your code is 123456',
  html: '<p>Your code is 123456</p>',
  at: 0,
}

export async function errorOf(work: Promise<unknown>): Promise<MailError> {
  try {
    await work
  } catch (error) {
    if (error instanceof MailError) return error
    throw error
  }
  throw new TypeError('it did not fail')
}
