import { describe, expect, it } from 'vitest'
import { createMetrics, type RequestObservation } from './metrics.ts'

const observation: RequestObservation = {
  route: 'readSession',
  method: 'GET',
  status: 200,
  problem: undefined,
  durationMs: 3,
  requestId: 'x',
}

describe('metrics', () => {
  it('count answers by route, method and status, and how long they took', async () => {
    const metrics = createMetrics()
    metrics.observeRequest(observation)
    metrics.observeRequest({ ...observation, status: 401, durationMs: 300 })
    const text = await metrics.render()
    expect(text).toContain('# TYPE latchkey_http_requests_total counter\n')
    expect(text).toContain('latchkey_http_requests_total{route="readSession",method="GET",status="200"} 1\n')
    expect(text).toContain('latchkey_http_requests_total{route="readSession",method="GET",status="401"} 1\n')
    expect(text).toContain('latchkey_http_request_seconds_bucket{route="readSession",le="0.001"} 0\n')
    expect(text).toContain('latchkey_http_request_seconds_bucket{route="readSession",le="0.005"} 1\n')
    expect(text).toContain('latchkey_http_request_seconds_bucket{route="readSession",le="0.5"} 2\n')
    expect(text).toContain('latchkey_http_request_seconds_bucket{route="readSession",le="+Inf"} 2\n')
    expect(text).toContain('latchkey_http_request_seconds_sum{route="readSession"} 0.303\n')
    expect(text).toContain('latchkey_http_request_seconds_count{route="readSession"} 2\n')
    expect(text).not.toContain('x"')
  })

  it('do not grow with what clients make up', async () => {
    const metrics = createMetrics()
    for (let i = 0; i < 1_000; i++)
      metrics.observeRequest({ ...observation, route: undefined, method: `M${i}`, status: 404 })
    const text = await metrics.render()
    expect(text).toContain('latchkey_http_requests_total{route="none",method="other",status="404"} 1000\n')
    expect(text.split('\n').length).toBeLessThan(25)
  })

  it('show counters, and gauges as they are at the scrape', async () => {
    const metrics = createMetrics()
    const sent = metrics.counter('latchkey_mails_total', 'Mails.\nSent.')
    let waiting = 3
    metrics.gauge('latchkey_hash_queue', 'Waiting.', () => waiting)
    metrics.gauge('latchkey_outbox', 'Queued.', () => Promise.reject(new Error('database gone')))
    metrics.gauge('latchkey_nothing', 'Not a number.', () => Number.NaN)
    sent.add()
    sent.add(2)
    waiting = 7
    const text = await metrics.render()
    expect(text).toContain(
      '# HELP latchkey_mails_total Mails.\\nSent.\n# TYPE latchkey_mails_total counter\nlatchkey_mails_total 3\n',
    )
    expect(text).toContain('latchkey_hash_queue 7\n')
    expect(text).not.toContain('latchkey_outbox')
    expect(text).not.toContain('latchkey_nothing')
  })

  it('refuse a name twice or in the wrong letters', () => {
    const metrics = createMetrics()
    metrics.counter('latchkey_a', '')
    expect(() => metrics.gauge('latchkey_a', '', () => 0)).toThrow(TypeError)
    expect(() => metrics.counter('latchkey-b', '')).toThrow(TypeError)
    expect(() => metrics.counter('latchkey_http_requests_total', '')).toThrow(TypeError)
  })
})
