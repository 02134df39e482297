/** Mails in memory: whoever asked for one waits until it leaves, so that the outbox is part of what is measured. */
export interface Mails {
  deliver(to: string, text: string): void
  /** The next mail to that address; call before the request that causes it. */
  expect(to: string): Promise<string>
}

export function createMails(): Mails {
  const waiting = new Map<string, (text: string) => void>()
  return {
    deliver(to, text) {
      const take = waiting.get(to)
      waiting.delete(to)
      take?.(text)
    },
    expect: (to) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no mail came to ${to}`)), 10_000)
        waiting.set(to, (text) => {
          clearTimeout(timer)
          resolve(text)
        })
      }),
  }
}

export function codeIn(text: string): string {
  const code = /(?<!\d)\d{3}[ -]?\d{3}(?!\d)/.exec(text)?.[0]
  if (code === undefined) throw new Error(`no code in: ${text.slice(0, 300)}`)
  return code.replace(/[ -]/, '')
}

export function linkIn(text: string): string {
  const link = /https?:\/\/\S+/.exec(text)?.[0]
  if (link === undefined) throw new Error(`no link in: ${text.slice(0, 300)}`)
  return link
}
