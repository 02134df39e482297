import fc from 'fast-check'
import { safeParse, type GenericSchema } from 'valibot'
import { beforeEach, describe, expect, it } from 'vitest'
import { createHostileSetting, plausibleFields, type HostileSetting } from '../../../../test/hostile/hostile-setting.ts'
import { at, leavesOf, replaced, type Leaf } from '../../../../test/hostile/schema-leaves.ts'
import type { Route } from '../methods/route.ts'

const marker = 'planted-4711'
const ofEveryType = [null, true, 0, -1, 1.5, 1e300, 'text', '', [], ['a'], [['a']], {}, { $ne: null }, { length: 1 }]
const brokenTexts = ['\0', `${marker}\0`, '\ud800', `${marker}\udfff${marker}`]
const longText = marker.repeat(900)
const brokenLines = [`${marker}\r\nBcc: eve@example.com`, `${marker}\n`, `\r${marker}@example.com`]
const hostileTexts = `__proto__ constructor ../../etc/passwd %00%0d%0a . .. a.b.c.d -1 １２３４５６ '; '--
  \u202e\ufeff ${'9'.repeat(30)} ${'😀'.repeat(50)}`.split(/ +|\n/)

/** Each field of each body, with what else could stand there. */
function fieldsOfBodies({ routes }: HostileSetting): readonly { route: Route; body: object; leaf: Leaf }[] {
  return routes.flatMap((route) => {
    if (route.body === undefined) return []
    const body = plausibleFields(route.body)
    return leavesOf(route.body).map((leaf) => ({ route, body, leaf }))
  })
}

const isAtOrBelow = ({ path }: Leaf, name: string): boolean => `${name}.`.startsWith(`${path.join('.')}.`)
const typeOf = (value: unknown): string => (Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value)
const hasBody = ({ method }: Route): boolean => method !== 'GET'

describe('hostile input, in every route of the table', () => {
  let setting: HostileSetting
  beforeEach(async () => {
    setting = await createHostileSetting()
  })

  it('is all that is wrong with the requests of these tests', () => {
    const wrong = setting.routes.flatMap(({ id, body, query }) =>
      [body, query]
        .filter((schema) => schema !== undefined)
        .flatMap((schema) => safeParse(schema, plausibleFields(schema)).issues ?? [])
        .map((issue) => `${id}: ${issue.path?.map(({ key }) => String(key)).join('.')} ${issue.message}`),
    )
    expect(wrong).toEqual([])
    expect(fieldsOfBodies(setting).length).toBeGreaterThan(100)
  })

  it('a value of another type is refused by the name of its field, and nothing is stored', async () => {
    const { send, rows } = setting
    for (const { route, body, leaf } of fieldsOfBodies(setting)) {
      const before = rows()
      const good = at(body, leaf.path)
      for (const value of ofEveryType) {
        const isAllowed = typeOf(value) === typeOf(good) || (value === null && leaf.isNullable)
        if (isAllowed) continue
        const answer = await send(route, { body: replaced(body, leaf.path, value) })
        const { code, fields } = (await answer.json()) as { code?: string; fields?: Record<string, string> }
        const where = `${route.id} ${leaf.path.join('.')} ${JSON.stringify(value)}`
        expect([where, answer.status, code]).toEqual([where, 422, 'invalid_fields'])
        // An array is an object to JavaScript: there its fields are missing.
        expect([where, Object.keys(fields ?? {}).filter((name) => !isAtOrBelow(leaf, name))]).toEqual([where, []])
        expect(Object.keys(fields ?? {})).not.toEqual([])
      }
      expect([route.id, rows() === before]).toEqual([route.id, true])
    }
  })

  it('a field that is missing, or one too many, is refused by its name, and nothing is stored', async () => {
    const { send, rows, routes } = setting
    const before = rows()
    for (const { route, body, leaf } of fieldsOfBodies(setting).filter(({ leaf: { isOptional } }) => !isOptional)) {
      const answer = await send(route, { body: replaced(body, leaf.path, undefined) })
      expect([route.id, answer.status, await answer.json()]).toMatchObject([
        route.id,
        422,
        { fields: { [leaf.path.join('.')]: expect.stringMatching(/^(required|invalid)$/) } },
      ])
    }
    for (const route of routes.filter(hasBody)) {
      const body = route.body === undefined ? {} : plausibleFields(route.body)
      const answer = await send(route, { body: { ...body, isAdmin: true } })
      expect([route.id, answer.status, await answer.json()]).toMatchObject([
        route.id,
        422,
        { fields: { isAdmin: 'unknown_field' } },
      ])
    }
    expect(rows() === before).toBe(true)
  })

  it('NUL, half a surrogate pair and ten thousand characters are refused, and nothing is stored', async () => {
    const { send, rows } = setting
    for (const { route, body, leaf } of fieldsOfBodies(setting)) {
      if (typeof at(body, leaf.path) !== 'string') continue
      const before = rows()
      const where = `${route.id} ${leaf.path.join('.')}`
      for (const text of brokenTexts) {
        const answer = await send(route, { body: replaced(body, leaf.path, text) })
        expect([where, answer.status, await answer.json()]).toMatchObject([where, 400, { code: 'malformed' }])
      }
      // What an authenticator answers with may be longer than that, up to a cap of its own.
      const text = longText.repeat(leaf.path.length > 1 ? 4 : 1)
      const answer = await send(route, { body: replaced(body, leaf.path, text) })
      expect([where, answer.status, await answer.json()]).toMatchObject([
        where,
        422,
        { fields: { [leaf.path.join('.')]: expect.stringMatching(/^(too_long|invalid)$/) } },
      ])
      expect([where, rows() === before]).toEqual([where, true])
    }
  })

  it('a line break stands in no row afterwards and in no header, whatever field it came in', async () => {
    const { send, rows, routes } = setting
    for (const { route, body, leaf } of fieldsOfBodies(setting)) {
      const name = String(leaf.path.at(-1))
      // A password may be any text, since only its hash is kept, and a device that nobody knows is no device.
      if (typeof at(body, leaf.path) !== 'string' || /password|device/i.test(name)) continue
      for (const text of brokenLines) {
        const answer = await send(route, { body: replaced(body, leaf.path, text) })
        const where = `${route.id} ${leaf.path.join('.')}`
        const from = ['email', 'name', 'locale', 'reason'].includes(name) ? 422 : 400
        expect([where, answer.status]).toEqual([where, expect.toSatisfy((status) => status >= from && status < 500)])
        expect(JSON.stringify([...answer.headers])).not.toContain(marker)
      }
    }
    for (const route of routes) {
      if (route.query === undefined) continue
      for (const name of Object.keys(plausibleFields(route.query))) {
        for (const text of brokenLines) {
          const answer = await send(route, { query: { ...plausibleFields(route.query), [name]: text } })
          expect([route.id, name, answer.status]).toEqual([route.id, name, expect.toSatisfy((status) => status < 500)])
          expect(JSON.stringify([...answer.headers])).not.toContain(marker)
        }
      }
    }
    expect(rows()).not.toContain(marker)
  })

  it('a body that is no JSON object of the right size and depth is refused, and nothing is stored', async () => {
    const { send, rows, routes } = setting
    const before = rows()
    const bodies: readonly (readonly [number, string])[] = [
      [400, '{'],
      [400, '[]'],
      [400, '"text"'],
      [400, 'null'],
      [400, '{"email":"a","email":"b"}'],
      [400, `{"email":${'['.repeat(20_000)}`],
      [400, `{"email":${'['.repeat(17)}${']'.repeat(17)}}`],
      [413, `{"email":"${'x'.repeat(65_537 - 12)}"}`],
    ]
    expect(bodies.at(-1)?.[1]).toHaveLength(65_537)
    for (const route of routes.filter(hasBody)) {
      for (const [status, body] of bodies) {
        const answer = await send(route, { body })
        expect([route.id, body.slice(0, 30), answer.status]).toEqual([route.id, body.slice(0, 30), status])
      }
    }
    expect(rows() === before).toBe(true)
  })

  it('a path that names nothing has no effect', async () => {
    const { send, rows, routes } = setting
    const params = [
      '%00',
      '%ff',
      '%ed%a0%80',
      'x'.repeat(4_000),
      '..%2f..',
      `%0d%0a${marker}`,
      "'%20OR%201=1--",
      '0',
      '%20',
    ]
    for (const route of routes.filter(({ path }) => path.includes(':'))) {
      const before = rows()
      const body = route.body === undefined ? undefined : plausibleFields(route.body)
      const query = route.query === undefined ? undefined : plausibleFields(route.query)
      for (const param of params) {
        const answer = await send(route, { param, ...(body && { body }), ...(query && { query }) })
        // A return to a provider that is not there leads to a page that says so.
        const isRefused = route.id === 'returnFromProvider' ? answer.status < 500 : answer.status >= 400
        expect([route.id, param, answer.status, isRefused && answer.status < 500]).toEqual([
          route.id,
          param,
          answer.status,
          true,
        ])
        expect(JSON.stringify([...answer.headers]) + (await answer.text())).not.toContain(marker)
      }
      expect([route.id, rows() === before]).toEqual([route.id, true])
    }
  })

  it('nothing gives a 5xx, whatever stands in fields, query and path together', async () => {
    const { send, routes } = setting
    const value = fc.oneof(
      fc.constantFrom(...hostileTexts, ...brokenTexts, ...brokenLines),
      fc.jsonValue({ maxDepth: 2 }),
    )
    const request = fc.constantFrom(...routes).chain((route) => {
      const mixed = (schema: GenericSchema | undefined): fc.Arbitrary<Record<string, unknown> | undefined> => {
        if (schema === undefined) return fc.constant(undefined)
        const fields = Object.entries(plausibleFields(schema))
        const either = fields.map(([name, good]) => [
          name,
          fc.oneof({ arbitrary: fc.constant(good), weight: 3 }, value),
        ])
        return fc.record(Object.fromEntries(either) as Record<string, fc.Arbitrary<unknown>>, { requiredKeys: [] })
      }
      const param = fc.constantFrom(undefined, ...hostileTexts.map((text) => encodeURIComponent(text)))
      return fc.record({ route: fc.constant(route), body: mixed(route.body), query: mixed(route.query), param })
    })
    await fc.assert(
      fc.asyncProperty(request, async ({ route, body, query, param }) => {
        const answer = await send(route, {
          ...(body && { body }),
          ...(query && { query }),
          ...(param === undefined ? {} : { param }),
        })
        // A provider that nobody can reach and a full queue of hashes are 503; a fault is 500.
        expect([route.id, body, query, answer.status]).toEqual([
          route.id,
          body,
          query,
          expect.not.toSatisfy((status) => status >= 500 && status !== 503),
        ])
      }),
      { numRuns: 3_000 },
    )
  }, 60_000)
})
