import type { createClient } from 'redis'
import { LatchkeyError } from '../../platform/errors.ts'
import { nextRound, type Timers } from '../../platform/timers.ts'
import { chargeScript, refundScript } from './limit-scripts.ts'

export interface RedisConnection {
  charge(keys: readonly string[], values: readonly string[]): Promise<unknown>
  refund(keys: readonly string[], values: readonly string[]): Promise<unknown>
  /** What the server says about itself under one heading. */
  info(heading: string): Promise<string>
  close(): void
}

export interface RedisAddress {
  readonly url: string
  /** An answer that takes longer is none. */
  readonly timeoutMs: number
}

/**
 * A connection on which both scripts are known, and on which a write was seen to work: a server that is full, loading or a replica would refuse
 * the first charge. It is for one life: whatever goes wrong on it, another one is opened.
 */
export async function openRedis(
  { url, timeoutMs }: RedisAddress,
  { timers, probeKey, onLost }: { readonly timers: Timers; readonly probeKey: string; onLost(error: unknown): void },
): Promise<RedisConnection> {
  const createClient = await loadClient()
  const client = createClient({
    url,
    // Not for later: who waits for a limit is answered by the database meanwhile.
    disableOfflineQueue: true,
    socket: { connectTimeout: timeoutMs, reconnectStrategy: false },
  })
  client.on('error', onLost)
  const send = async (...words: readonly string[]): Promise<unknown> =>
    answered<unknown>(client.sendCommand([...words]), { timers, timeoutMs })
  const close = (): void => {
    if (client.isOpen) client.destroy()
  }
  try {
    await answered(client.connect(), { timers, timeoutMs: 2 * timeoutMs })
    const [charge, refund] = await Promise.all([
      send('SCRIPT', 'LOAD', chargeScript),
      send('SCRIPT', 'LOAD', refundScript),
      send('SET', probeKey, '', 'PX', '1000'),
    ])
    const run = (script: unknown, keys: readonly string[], values: readonly string[]): Promise<unknown> =>
      send('EVALSHA', String(script), String(keys.length), ...keys, ...values)
    return {
      charge: (keys, values) => run(charge, keys, values),
      refund: (keys, values) => run(refund, keys, values),
      info: async (heading) => String(await send('INFO', heading)),
      close,
    }
  } catch (error) {
    close()
    throw error
  }
}

async function loadClient(): Promise<typeof createClient> {
  try {
    return (await import('redis')).createClient
  } catch (error) {
    throw new LatchkeyError('config_invalid', 'The client of Redis cannot be loaded. Install it: npm install redis.', {
      cause: error,
    })
  }
}

/** @throws what `work` throws, or an error once it took too long */
function answered<Answer>(
  work: Promise<Answer>,
  { timers, timeoutMs }: { readonly timers: Timers; readonly timeoutMs: number },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const late = async (): Promise<void> => {
      // Where this process itself was kept busy the answer may be there, unread.
      await nextRound()
      reject(new Error(`no answer for ${timeoutMs} ms`))
    }
    const cancel = timers.after(timeoutMs, () => void late())
    work.then(resolve, reject).finally(cancel)
  })
}
