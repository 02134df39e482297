/** What happened to the session of this browser, in this tab or another. */
export type SessionChange = 'signed_in' | 'signed_out'

/** The tabs of one origin that use one server. They tell each other what happened, never a secret. */
export interface Tabs {
  tell(change: SessionChange): void
  /** @returns what ends it */
  listen(listener: (change: SessionChange) => void): () => void
  /** Runs the task while no other tab runs one. Where the browser has no Web Locks it just runs: the server gives two turns at once one successor. */
  alone<Result>(task: () => Promise<Result>): Promise<Result>
}

export function createTabs(name: string): Tabs {
  const listeners = new Set<(change: SessionChange) => void>()
  const hear = (change: SessionChange): void => {
    for (const listener of listeners) listener(change)
  }
  let channel: BroadcastChannel | undefined
  const open = (): BroadcastChannel | undefined => {
    if (typeof BroadcastChannel === 'undefined') return undefined
    const opened = new BroadcastChannel(name)
    opened.onmessage = ({ data }: MessageEvent<SessionChange>) => hear(data)
    return opened
  }
  return {
    tell(change) {
      hear(change)
      if (channel) return channel.postMessage(change)
      const opened = open()
      opened?.postMessage(change)
      opened?.close()
    },
    listen(listener) {
      listeners.add(listener)
      // Open only while somebody listens: an open channel keeps a page out of the back/forward cache.
      channel ??= open()
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        channel?.close()
        channel = undefined
      }
    },
    alone(task) {
      if (typeof navigator !== 'object' || !navigator.locks) return task()
      return new Promise((resolve) => {
        navigator.locks
          .request(name, async () => {
            const running = task()
            resolve(running)
            await running.catch(() => undefined)
            await new Promise((over) => setTimeout(over, settleMs))
          })
          // A page that may not lock, such as one in a sandbox.
          .catch(() => resolve(task()))
      })
    },
  }
}

/** Browsers show a tab with some delay what another one wrote into a storage; whoever waits for the lock should read it. */
const settleMs = 100
