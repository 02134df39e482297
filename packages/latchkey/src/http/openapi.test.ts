import { toJsonSchema } from '@valibot/to-json-schema'
import { object, optional, pipe, strictObject, string, transform } from 'valibot'
import { describe, expect, it } from 'vitest'
import { problems } from '../methods/problem.ts'
import { route } from '../methods/route.ts'
import { everyMethod } from '../testing/every-method.ts'
import { createTestAuth } from '../testing/test-auth.ts'
import { buildOpenApi, problemsOf, type SchemaWriter } from './openapi.ts'
import { errorsMarkdown, eventsMarkdown } from './reference.ts'

const write: SchemaWriter = (schema, side, definitions) => {
  const {
    $schema: _draft,
    $defs: _components,
    ...written
  } = toJsonSchema(schema, {
    typeMode: side,
    errorMode: 'ignore',
    definitions,
    overrideRef: ({ referenceId }) => `#/components/schemas/${referenceId}`,
  })
  return written
}

const info = { title: 'Test', version: '1.0.0', description: '', basePath: '/auth' }
const person = object({ id: string() })

describe('the OpenAPI document', () => {
  const readPerson = route({
    id: 'readPerson',
    method: 'GET',
    path: '/people/:id',
    summary: 'Read',
    access: { kind: 'session' },
    query: strictObject({ q: string(), page: optional(pipe(string(), transform(Number))) }),
    answers: { 200: { description: 'One.', body: object({ person }) } },
    problems: ['conflict'],
    handle: () => Promise.resolve({ ok: true, status: 200, body: {} }),
  })

  it('describes a route by what the route is', () => {
    const document = buildOpenApi([readPerson], info, write, { Person: person })
    expect(document['paths']).toMatchObject({
      '/people/{id}': {
        get: {
          operationId: 'readPerson',
          security: [{ cookie: [] }, { accessToken: [] }],
          parameters: [
            { name: 'id', in: 'path', required: true },
            { name: 'q', in: 'query', required: true, schema: { type: 'string' } },
            { name: 'page', in: 'query', required: false },
          ],
          responses: {
            200: {
              content: {
                'application/json': {
                  schema: { properties: { person: { $ref: '#/components/schemas/Person' } } },
                },
              },
            },
            401: { $ref: '#/components/responses/unauthenticated' },
            409: { $ref: '#/components/responses/conflict' },
          },
        },
      },
    })
    expect(document['components']).toMatchObject({
      schemas: { Person: { type: 'object', properties: { id: { type: 'string' } } } },
    })
  })

  it('derives the problems of the checks', () => {
    expect(problemsOf(readPerson)).toEqual([
      'malformed',
      'unauthenticated',
      'not_found',
      'conflict',
      'invalid_fields',
      'internal',
      'unavailable',
    ])
  })

  it('of the engine has every route once, every reference resolved, and is what the handler serves', async () => {
    const { auth } = createTestAuth({ methods: everyMethod() })
    const response = await auth.handle(new Request('https://app.example.com/auth/openapi.json'))
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
    const text = await response.text()
    const document = JSON.parse(text) as {
      readonly paths: Record<string, Record<string, { readonly operationId: string }>>
      readonly components: Record<string, Record<string, unknown>>
    }
    const ids = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map(({ operationId }) => operationId),
    )
    expect(ids.toSorted()).toEqual(auth.routes.map(({ id }) => id).toSorted())
    expect(new Set(ids).size).toBe(ids.length)
    for (const [, kind = '', name = ''] of text.matchAll(/"#\/components\/(\w+)\/(\w+)"/g)) {
      expect(document.components[kind]).toHaveProperty(name)
    }
    await auth.close()
  })
})

describe('the reference tables', () => {
  it('name every problem, fault and event', () => {
    const errors = errorsMarkdown()
    for (const code of Object.keys(problems)) expect(errors).toContain(`| \`${code}\` |`)
    expect(errors).toContain('| `storage_unavailable` |')
    expect(eventsMarkdown()).toContain('| `login.success` | A session was opened. |')
  })
})
