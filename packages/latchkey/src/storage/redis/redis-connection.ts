import type { createClient } from 'redis'
import { LatchkeyError } from '../../platform/errors.ts'
import type { Timers } from '../../platform/timers.ts'
import { createAnswerWatch } from './answer-watch.ts'
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
  /** When nothing has been answered for so long, though something was asked, the connection is lost. */
  readonly timeoutMs: number
}

/**
 * A connection on which both scripts are known, and on which a write was seen to work: a server that is full, loading or a replica would refuse
 * the first charge. It is for one life: whatever goes wrong on it, another one is opened.
 *
 * @param onLost is called when it was cut, and when no answer came for the timeout; what is waiting on it rejects once it is closed
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
    // One watch for all below, in place of a timer for each.
    commandOptions: { timeout: 0 },
    socket: { connectTimeout: timeoutMs, reconnectStrategy: false },
  })
  client.on('error', onLost)
  const watch = createAnswerWatch({
    timers,
    timeoutMs,
    onSilence: () => lose(new Error(`no answer for ${timeoutMs} ms`)),
  })
  const send = (...words: string[]): Promise<unknown> => watch(client.sendCommand(words))
  const close = (): void => {
    if (client.isOpen) client.destroy()
  }
  function lose(error: unknown): void {
    close()
    onLost(error)
  }
  try {
    await watch(client.connect())
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
