import { describe, expect, it } from 'vitest'
import { LatchkeyError } from '../platform/errors.ts'
import { createMemoryStorage } from '../storage/memory/memory-storage.ts'
import { createTestAuth } from '../testing/test-auth.ts'
import { countingStore } from '../testing/test-session.ts'

interface Exposition {
  readonly types: ReadonlyMap<string, string>
  readonly samples: ReadonlyMap<string, number>
}

/** The text format 0.0.4, strictly: every line is a HELP, a TYPE or a sample of a metric that was announced. */
function parseExposition(text: string): Exposition {
  const types = new Map<string, string>()
  const samples = new Map<string, number>()
  expect(text.endsWith('\n')).toBe(true)
  for (const line of text.slice(0, -1).split('\n')) {
    const type = /^# TYPE ([a-z_]+) (counter|gauge|histogram)$/.exec(line)
    const sample = /^([a-z_]+)(\{[a-z]+="[^"\\\n]*"(?:,[a-z]+="[^"\\\n]*")*\})? (-?\d+(?:\.\d+)?(?:e[+-]\d+)?)$/.exec(
      line,
    )
    if (type !== null) types.set(type[1] ?? '', type[2] ?? '')
    else if (sample !== null) {
      const name = (sample[1] ?? '').replace(/_(?:bucket|sum|count)$/, '')
      if (!types.has(name) && !types.has(sample[1] ?? '')) throw new Error(`a sample that was not announced: ${line}`)
      samples.set(`${sample[1]}${sample[2] ?? ''}`, Number(sample[3]))
    } else if (!/^# HELP [a-z_]+ \S.*$/.test(line)) throw new Error(`not a line of the format: ${line}`)
  }
  return { types, samples }
}

describe('the metrics', () => {
  it('are text that Prometheus reads, with the counts of the store', async () => {
    const test = createTestAuth()
    await test.signUp('ada@example.com')
    await test.browser().get('/session')
    const { types, samples } = parseExposition(await test.auth.metrics())
    expect(samples.get('latchkey_users')).toBe(1)
    expect(samples.get('latchkey_sessions_live')).toBe(1)
    expect(samples.get('latchkey_hashes_running')).toBe(0)
    expect(samples.get('latchkey_http_requests_total{route="getSession",method="GET",status="401"}')).toBe(1)
    for (const [name, type] of types) expect(name.endsWith('_total')).toBe(type === 'counter')
  })

  it('count the store once a scrape, and leave the counts out when it is gone', async () => {
    let isDown = false
    const storage = createMemoryStorage()
    const { store, calls } = countingStore(storage)
    const counts: typeof store.counts = (now) =>
      isDown ? Promise.reject(new LatchkeyError('storage_unavailable')) : store.counts(now)
    const test = createTestAuth({ storage: { ...store, dialect: 'memory', counts } })
    await test.auth.metrics()
    expect(calls.get('counts')).toBe(1)
    await test.clock.advance(1_001)
    isDown = true
    const { samples } = parseExposition(await test.auth.metrics())
    expect(samples.has('latchkey_users')).toBe(false)
    expect(samples.has('latchkey_hashes_running')).toBe(true)
    await test.clock.advance(1_001)
    isDown = false
    expect(parseExposition(await test.auth.metrics()).samples.get('latchkey_users')).toBe(0)
  })

  it('hold nothing that a request can choose', async () => {
    const test = createTestAuth()
    const browser = test.browser()
    for (const path of ['/nowhere', '/session"} 1', '/sessions/x\n', '/admin/users?search=ada@example.com']) {
      await browser.get(path)
    }
    await test.auth.handle(new Request('https://app.example.com/auth/session', { method: 'BREW' }))
    const text = await test.auth.metrics()
    parseExposition(text)
    expect(text).not.toMatch(/nowhere|ada|BREW|198\.51/)
  })
})
