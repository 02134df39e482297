import { describe, expect, it } from 'vitest'
import type { Mail } from './mail-transport.ts'
import { createMailbox } from './mailbox.ts'

function mail(id: string, text: string): Mail {
  return {
    id,
    messageId: `<${id}@x>`,
    to: 'ada@example.com',
    subject: 's',
    text,
    html: '<p>',
    at: Date.UTC(2026, 0, 2),
  }
}

describe('the development mailbox', () => {
  it('finds the code and the link, and has neither where there is none', async () => {
    const mailbox = createMailbox()
    await mailbox.send(mail('1', 'Hello\n\nYour code is 123456\n\n-- \nAcme\nhttps://app.example.com\n'))
    await mailbox.send(
      mail('2', 'Hello\n\nOpen:\nhttps://app.example.com/reset?token=a.b\n\n-- \nAcme\nhttps://app.example.com\n'),
    )
    await mailbox.send(mail('3', 'Hello\n\n-- \nAcme\nhttps://app.example.com\n'))
    expect(mailbox.list().map(({ id, code, link }) => ({ id, code, link }))).toEqual([
      { id: '3', code: undefined, link: undefined },
      { id: '2', code: undefined, link: 'https://app.example.com/reset?token=a.b' },
      { id: '1', code: '123456', link: undefined },
    ])
    expect(Object.keys(mailbox.list()[0] ?? {})).toEqual(['id', 'to', 'subject', 'text', 'html', 'at'])
    expect(mailbox.latest('ada@example.com')?.at).toBe('2026-01-02T00:00:00.000Z')
    expect(mailbox.latest('bob@example.com')).toBeUndefined()
  })

  it('keeps the last 200', async () => {
    const mailbox = createMailbox()
    for (let count = 1; count <= 201; count++) await mailbox.send(mail(`${count}`, ''))
    expect(mailbox.list()).toHaveLength(200)
    expect(mailbox.list()[0]?.id).toBe('201')
    expect(mailbox.list().at(-1)?.id).toBe('2')
    mailbox.clear()
    expect(mailbox.list()).toEqual([])
  })
})
