import { describe, expect, it } from 'vitest'
import { toUtf8 } from '../../platform/bytes.ts'
import type { StartServer, TestAnswer } from './suite-client.ts'
import { post, useServer } from './suite-server.ts'

const limit = 65_536

/** Everything that a client can get wrong about a body or a query: a 4xx by name, never a 5xx, never an echo. */
export function describeBadInput(start: StartServer): void {
  describe('bad input', () => {
    const { send } = useServer(start)
    const people = (body: string | Uint8Array, type = 'application/json'): Promise<TestAnswer> =>
      send({ method: 'POST', path: '/auth/people', headers: [['content-type', type]], body })
    const refused = async (answer: Promise<TestAnswer>): Promise<readonly [number, unknown, unknown]> => {
      const { status, json } = await answer
      const problem = json() as { readonly code?: unknown; readonly detail?: unknown; readonly fields?: unknown }
      return [status, problem.code, problem.fields ?? problem.detail]
    }

    it('takes a good body, in UTF-8, with any spelling of the content type', async () => {
      const answer = await people('{"email":"zoë@example.com","name":"Zo\\u00eb \\ud83d\\ude00"}')
      expect(answer.status).toBe(201)
      expect(answer.json()).toEqual({ received: { email: 'zoë@example.com', name: 'Zoë 😀' } })
      expect((await people('{"email":"a"}', 'Application/JSON ; Charset="UTF-8"')).status).toBe(201)
    })

    it('refuses what is not JSON', async () => {
      const notJson = [400, 'malformed', 'The body is not JSON.']
      for (const text of [
        '',
        ' ',
        '{',
        '{"email":}',
        "{'email':'a'}",
        '{"email":"a",}',
        '{"email":"a"}x',
        '{"a":01}',
      ]) {
        expect([text, await refused(people(text))]).toEqual([text, notJson])
      }
      expect(await refused(people('{"email":"a\nb"}'))).toEqual(notJson)
      expect(await refused(people('{"email":"\\x41"}'))).toEqual(notJson)
      expect(await refused(people('{"email":NaN}'))).toEqual(notJson)
    })

    it('refuses everything but one object', async () => {
      for (const text of ['[]', '[{"email":"a"}]', '"text"', '1', 'null', 'true']) {
        expect(await refused(people(text))).toEqual([400, 'malformed', 'The body must be one JSON object.'])
      }
    })

    it('refuses bytes that are not UTF-8', async () => {
      const notUtf8 = [400, 'malformed', 'The body is not UTF-8.']
      expect(await refused(people(bytes('{"email":"', [0xff], '"}')))).toEqual(notUtf8)
      expect(await refused(people(bytes('{"email":"', [0xed, 0xa0, 0x80], '"}')))).toEqual(notUtf8)
      expect(await refused(people(bytes('{"email":"', [0xc0, 0x80], '"}')))).toEqual(notUtf8)
      expect(await refused(people(new Uint8Array([0xfe, 0xff, 0, 0x7b, 0, 0x7d])))).toEqual(notUtf8)
    })

    it('refuses NUL and half surrogate pairs, in keys and in values, however written', async () => {
      const doubtful = [400, 'malformed', 'The body has a NUL character or half a surrogate pair in a text.']
      expect(await refused(people('{"email":"a\\u0000b"}'))).toEqual(doubtful)
      expect(await refused(people('{"email":"a\0b"}'))).toEqual(doubtful)
      expect(await refused(people('{"em\\u0000ail":"a"}'))).toEqual(doubtful)
      expect(await refused(people('{"email":"\\ud800"}'))).toEqual(doubtful)
      expect(await refused(people('{"email":"\\ude00\\ud83d"}'))).toEqual(doubtful)
      expect(await refused(people('{"nested":{"deep":["\\udfff"]},"email":"a"}'))).toEqual(doubtful)
    })

    it('refuses a key twice, at any depth and however it is escaped', async () => {
      const twice = [400, 'malformed', 'The body has a key twice.']
      expect(await refused(people('{"email":"a","email":"b"}'))).toEqual(twice)
      expect(await refused(people('{"email":"a","\\u0065mail":"b"}'))).toEqual(twice)
      expect(await refused(people('{"email":"a","nested":{"x":1,"x":1}}'))).toEqual(twice)
      expect(await refused(people('{"__proto__":1,"__proto__":2}'))).toEqual(twice)
    })

    it('refuses deep nesting before it matters', async () => {
      const tooDeep = [400, 'malformed', 'The body is nested too deeply.']
      const nested = (depth: number): string => `{"email":"a","nested":${'['.repeat(depth)}${']'.repeat(depth)}}`
      expect((await people(nested(15))).status).toBe(201)
      expect(await refused(people(nested(16)))).toEqual(tooDeep)
      expect(await refused(people('['.repeat(limit)))).toEqual(tooDeep)
      expect(await refused(people('{"a":'.repeat(10_000)))).toEqual(tooDeep)
    })

    it('refuses a number that no double can hold', async () => {
      expect(await refused(people('{"email":"a","nested":1e999}'))).toEqual([
        400,
        'malformed',
        'The body has a number that does not fit.',
      ])
    })

    it('keeps __proto__ and constructor from reaching a prototype', async () => {
      expect(await refused(people('{"__proto__":{"email":"a"}}'))).toEqual([
        422,
        'invalid_fields',
        { email: 'required', ['__proto__']: 'unknown_field' },
      ])
      expect(await refused(people('{"email":"a","constructor":{"prototype":{"x":1}}}'))).toEqual([
        422,
        'invalid_fields',
        { constructor: 'unknown_field' },
      ])
      expect({}).not.toHaveProperty('x')
      const nested = await people('{"email":"a","nested":{"__proto__":{"admin":true}}}')
      expect(nested.text).toBe('{"received":{"email":"a","nested":{"__proto__":{"admin":true}}}}')
    })

    it('names each wrong field with a reason', async () => {
      const fields = async (text: string): Promise<unknown> => (await refused(people(text)))[2]
      expect(await fields('{}')).toEqual({ email: 'required' })
      expect(await fields('{"email":["a"]}')).toEqual({ email: 'invalid' })
      expect(await fields('{"email":null}')).toEqual({ email: 'invalid' })
      expect(await fields('{"email":{"$ne":""}}')).toEqual({ email: 'invalid' })
      expect(await fields('{"email":"a","name":"J"}')).toEqual({ name: 'too_short' })
      expect(await fields('{"email":"a","name":"Jane\\r\\nBcc: x"}')).toEqual({ name: 'invalid' })
      expect(await fields('{"email":"a","admin":true}')).toEqual({ admin: 'unknown_field' })
      expect(await fields('{"email":1,"tags":["a",2]}')).toEqual({ email: 'invalid', 'tags.1': 'invalid' })
      expect(await fields(JSON.stringify({ email: 'a'.repeat(10_000) }))).toEqual({ email: 'too_long' })
    })

    it('does not send back a name of a field that could be anything', async () => {
      const answer = await people(JSON.stringify({ email: 'a', [`<b>${'x'.repeat(70)}`]: 1 }))
      expect(answer.status).toBe(422)
      expect(answer.json()).toMatchObject({ fields: { '?': 'unknown_field' } })
    })

    it('takes a body of exactly the limit and refuses one byte more', async () => {
      const frame = '{"email":"a","nested":""}'.length
      const exact = `{"email":"a","nested":"${'x'.repeat(limit - frame)}"}`
      expect(exact).toHaveLength(limit)
      expect((await people(exact)).status).toBe(201)
      expect(await refused(people(exact.replace('"a"', '"ab"')))).toEqual([413, 'too_large', undefined])
      expect(await refused(people('x'.repeat(4 * limit)))).toEqual([413, 'too_large', undefined])
    })

    it('refuses every content type but plain JSON', async () => {
      const other = [415, 'unsupported_media_type', undefined]
      for (const type of [
        'text/plain',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=x',
        'application/json; charset=utf-16',
        'application/problem+json',
        'application/json, text/plain',
        'application/json; a=b, text/plain',
        'text/plain; application/json',
      ]) {
        expect([type, await refused(people('{"email":"a"}', type))]).toEqual([type, other])
      }
      expect(await refused(send({ method: 'POST', path: '/auth/people', body: bytes('{"email":"a"}') }))).toEqual(other)
      expect(await refused(post(send, '/auth/people', { email: 'a' }, [['content-encoding', 'gzip']]))).toEqual(other)
      expect(await refused(post(send, '/auth/people', { email: 'a' }, [['content-type', 'text/plain']]))).toEqual(other)
    })

    it('lets a route without fields have no body or an empty object, nothing else', async () => {
      expect((await send({ method: 'POST', path: '/auth/context' })).status).toBe(200)
      expect((await post(send, '/auth/context', {})).status).toBe(200)
      expect(await refused(post(send, '/auth/context', { admin: true }))).toEqual([
        422,
        'invalid_fields',
        { admin: 'unknown_field' },
      ])
      expect((await send({ method: 'POST', path: '/auth/context', headers: text, body: 'x' })).status).toBe(415)
      expect((await send({ method: 'DELETE', path: '/auth/people/7' })).status).toBe(200)
    })

    it('reads a query strictly', async () => {
      const query = (search: string): Promise<TestAnswer> => send({ path: `/auth/people?${search}` })
      expect((await query('q=a+b%20%C3%A9&limit=5')).json()).toEqual({ query: { q: 'a b é', limit: '5' } })
      const detail = async (search: string): Promise<unknown> => (await refused(query(search)))[2]
      expect(await detail('q=a&q=b')).toBe('The query has a parameter twice.')
      expect(await detail('q=a&%71=b')).toBe('The query has a parameter twice.')
      expect(await detail('q=%ff')).toBe('The query is not percent-encoded UTF-8.')
      expect(await detail('q=%ED%A0%80')).toBe('The query is not percent-encoded UTF-8.')
      expect(await detail('q=a%00b')).toBe('The query has a NUL character.')
      expect(await detail(`q=${'x'.repeat(9_000)}`)).toBe('The query is too long.')
      expect(await detail('q=a&limit=many')).toEqual({ limit: 'invalid' })
      expect(await detail('q=a&sort=up')).toEqual({ sort: 'unknown_field' })
      expect(await detail('')).toEqual({ q: 'required' })
    })
  })
}

const text: readonly (readonly [string, string])[] = [['content-type', 'text/plain']]

function bytes(...parts: readonly (string | readonly number[])[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => (typeof part === 'string' ? [...toUtf8(part)] : part)))
}
