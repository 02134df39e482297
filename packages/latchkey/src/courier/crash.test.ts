import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SMTPServer } from 'smtp-server'
import { expect, it } from 'vitest'
import { hourMs, secondMs } from '../platform/clock.ts'
import { createSqliteStorage } from '../storage/sql/sqlite/sqlite-storage.ts'
import { createTestCore } from '../testing/test-core.ts'
import { parseEmailAddress } from '../user/email-address.ts'
import { enqueueMessage } from './enqueue-message.ts'
import { asMessageId } from './message.ts'
import { createSmtpTransport } from './smtp-transport.ts'
import { createCourier } from './worker.ts'

const source = new URL('..', import.meta.url).href

/** A node of its own: opens the file, starts a courier on it, and goes on until it is killed. */
const node = `
  const { createSqliteStorage } = await import('${source}storage/sql/sqlite/sqlite-storage.ts')
  const { createTestCore } = await import('${source}testing/test-core.ts')
  const { createSmtpTransport } = await import('${source}courier/smtp-transport.ts')
  const { createCourier } = await import('${source}courier/worker.ts')
  const { systemTimers } = await import('${source}platform/timers.ts')
  const [, filename, port, now] = process.argv
  const store = await createSqliteStorage({ filename })
  const core = createTestCore({ store, seed: 2, clock: Number(now) })
  const transport = createSmtpTransport({ host: '127.0.0.1', port: Number(port), from: 'acme@example.com' })
  createCourier({ core, transport, timers: systemTimers }).start()
  setInterval(() => undefined, 1_000)
`

it('a node that is killed between the acceptance of a mail and its note of it: the mail leaves again with the same Message-ID', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-crash-'))
  const filename = join(folder, 'latchkey.db')
  const store = await createSqliteStorage({ filename })
  await store.migrate()
  const core = createTestCore({ store })
  const to = parseEmailAddress('ada@example.com')
  if (to === undefined) throw new TypeError('not an address')
  const message = { template: 'account-blocked', data: {}, to, userId: null } as const
  const write = enqueueMessage(core, { ...message, notAfter: core.clock.now() + hourMs })
  await core.store.commit([write], core.clock.now())

  const children: ChildProcess[] = []
  const messageIds: string[] = []
  const killed = Promise.withResolvers<void>()
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, _session, callback) {
      let raw = ''
      stream.on('data', (chunk: Buffer) => void (raw += chunk.toString()))
      stream.on('end', () => {
        messageIds.push(/^Message-ID: (\S+)/im.exec(raw)?.[1] ?? '')
        if (messageIds.length > 1) return callback()
        // Accepted: whatever the sender hears of it, this server delivers the mail.
        for (const child of children) {
          child.once('exit', () => killed.resolve())
          child.kill('SIGKILL')
        }
        callback()
      })
    },
  })
  server.on('error', () => undefined)
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()))
  const { port } = server.server.address() as AddressInfo

  const child = spawn(
    process.execPath,
    ['--input-type=module', '-e', node, filename, `${port}`, `${core.clock.now()}`],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  children.push(child)
  const transport = createSmtpTransport({ host: '127.0.0.1', port, from: 'acme@example.com' })
  const survivor = createCourier({ core, transport, timers: core.clock })
  try {
    await killed.promise
    const id = asMessageId(write.kind === 'enqueueMessage' ? write.message.id : '')
    expect(await store.findMessage(id)).toMatchObject({ status: 'queued', attempts: 1 })
    expect(await survivor.drain()).toMatchObject({ sent: 0 })
    await core.clock.advance(71 * secondMs)
    expect(await survivor.drain()).toMatchObject({ sent: 1 })
    expect(await store.findMessage(id)).toMatchObject({ status: 'sent', attempts: 2, data: '' })
    expect(messageIds).toEqual([`<${id}@app.example.com>`, `<${id}@app.example.com>`])
  } finally {
    await survivor.stop()
    child.kill('SIGKILL')
    await new Promise<void>((resolve) => server.close(() => resolve()))
    await store.close()
    await rm(folder, { recursive: true })
  }
})
