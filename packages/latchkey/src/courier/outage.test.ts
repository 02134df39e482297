import { expect, it } from 'vitest'
import { minuteMs } from '../platform/clock.ts'
import { createTestAuth, testPassword } from '../testing/test-auth.ts'
import { createMailbox } from './mailbox.ts'
import { MailError } from './mail-error.ts'
import type { MailTransport } from './mail-transport.ts'

it('while the mail server is away for an hour people register at once; what still lives leaves afterwards, and the rest is sent again on demand', async () => {
  const mailbox = createMailbox()
  let isAway = false
  const mail: MailTransport = {
    send: (message) =>
      isAway ? Promise.reject(new MailError('unavailable', 'ESOCKET CONN ECONNREFUSED')) : mailbox.send(message),
  }
  const test = createTestAuth({ mail })
  const pass = async (minutes: number): Promise<void> => {
    for (let minute = 0; minute < minutes; minute++) {
      await test.clock.advance(minuteMs)
      await test.auth.drainOutbox()
    }
  }
  const codeFor = async (email: string): Promise<string> => {
    await test.auth.drainOutbox()
    return mailbox.latest(email)?.code ?? ''
  }
  const [admin, early, late] = [test.browser(), test.browser(), test.browser()]
  const first = await admin.post('/sign-up', { email: 'admin@example.com', password: testPassword })
  await test.proveCode(admin, first, await codeFor('admin@example.com'))
  await test.auth.users.setRoles((await test.auth.users.findByEmail('admin@example.com'))?.id ?? '', ['admin'])
  mailbox.clear()

  isAway = true
  const begun = await early.post('/sign-up', { email: 'early@example.com', password: testPassword })
  expect(begun).toMatchObject({ status: 200, body: { status: 'needs_factor' } })
  await pass(3)
  const [waiting] = (await admin.get('/admin/outbox?status=queued')).body['messages'] as readonly object[]
  expect(waiting).toMatchObject({ template: 'sign-up-code', lastError: 'ESOCKET CONN ECONNREFUSED' })
  await pass(55)
  const asked = await late.post('/sign-up', { email: 'late@example.com', password: testPassword })
  await pass(2)

  isAway = false
  await pass(1)
  // An hour old: the code of the early one ended long ago and never leaves, that of the late one still lives.
  expect(mailbox.list().map(({ to }) => to)).toEqual(['late@example.com'])
  expect((await test.proveCode(late, asked, await codeFor('late@example.com'))).body).toMatchObject({
    status: 'signed_in',
  })

  const again = await early.post('/sign-in/factor/email-code/resend', { attempt: begun.body['attempt'] })
  expect(again).toMatchObject({ status: 200, body: { status: 'sent' } })
  expect((await test.proveCode(early, begun, await codeFor('early@example.com'))).body).toMatchObject({
    status: 'signed_in',
  })
})
