import type { Timers } from '../../platform/timers.ts'
import { openRedis } from './redis-connection.ts'

/** For the operator: whether limits can be kept there, and whether it may forget them. Rejects when it cannot be written to. */
export async function examineRedis(
  url: string,
  timers: Timers,
): Promise<{ readonly version: string; readonly forgets: string | undefined }> {
  const options = { timers, probeKey: 'latchkey:probe', onLost: () => undefined }
  const redis = await openRedis({ url, timeoutMs: 2_000 }, options)
  try {
    const said = `${await redis.info('server')}${await redis.info('memory')}`
    const saying = (field: string): string => new RegExp(`^${field}:(.*?)\r?$`, 'm').exec(said)?.[1] ?? ''
    const policy = saying('maxmemory_policy')
    return { version: saying('redis_version'), forgets: policy === 'noeviction' ? undefined : policy }
  } finally {
    redis.close()
  }
}
