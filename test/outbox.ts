import { enqueueMessage } from '../packages/latchkey/src/courier/enqueue-message.ts'
import { MailError } from '../packages/latchkey/src/courier/mail-error.ts'
import type { Mail, MailTransport } from '../packages/latchkey/src/courier/mail-transport.ts'
import { asMessageId, type Message } from '../packages/latchkey/src/courier/message.ts'
import { createCourier, type Courier, type CourierOptions } from '../packages/latchkey/src/courier/worker.ts'
import { minuteMs } from '../packages/latchkey/src/platform/clock.ts'
import type { TestCore } from '../packages/latchkey/src/testing/test-core.ts'
import { parseEmailAddress, type EmailAddress } from '../packages/latchkey/src/user/email-address.ts'

function address(text: string): EmailAddress {
  const parsed = parseEmailAddress(text)
  if (parsed === undefined) throw new TypeError(text)
  return parsed
}

/** Queues a code as the engine does and returns its id. */
export async function queueCode(
  core: TestCore,
  {
    to = 'ada@example.com',
    livesMs = 5 * minuteMs,
    code = '123456',
  }: { readonly to?: string; readonly livesMs?: number; readonly code?: string } = {},
): Promise<string> {
  const write = enqueueMessage(core, {
    template: 'sign-in-code',
    data: { code, expiresInMinutes: 5 },
    to: address(to),
    userId: null,
    notAfter: core.clock.now() + livesMs,
  })
  await core.store.commit([write], core.clock.now())
  if (write.kind !== 'enqueueMessage') throw new TypeError(write.kind)
  return write.message.id
}

export async function stored(core: TestCore, id: string): Promise<Message> {
  const message = await core.store.findMessage(asMessageId(id))
  if (message === undefined) throw new TypeError(`no message ${id}`)
  return message
}

export interface Post extends MailTransport {
  readonly accepted: Mail[]
  /** What the mail server does; returns normally to accept. */
  answer: (mail: Mail) => Promise<void> | void
}

export function createPost(answer: Post['answer'] = () => undefined): Post {
  const post: Post = {
    accepted: [],
    answer,
    async send(mail) {
      await post.answer(mail)
      post.accepted.push(mail)
    },
  }
  return post
}

export function courierOf(core: TestCore, transport: MailTransport, options: Partial<CourierOptions> = {}): Courier {
  return createCourier({ core, transport, timers: core.clock, ...options })
}

export const unreachable = (): never => {
  throw new MailError('unavailable', 'ECONNECTION CONN')
}
