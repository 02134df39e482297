import type { GenericSchema } from 'valibot'
import { problems, type FieldReason, type ProblemCode } from '../methods/problem.ts'
import type { Route } from '../methods/route.ts'
import { problemType } from './problem.ts'

/** Not imported at run time: `scripts/docs.mjs` writes the document, and the handler serves what was written. */
export interface OpenApiInfo {
  readonly title: string
  readonly version: string
  readonly description: string
  /** Where the routes are mounted, e.g. `/auth`. */
  readonly basePath: string
}

/**
 * How one schema becomes JSON Schema; given, because the package that does it is a tool and no dependency of ours. Where a member of
 * `components` occurs inside, it is referred to as `#/components/schemas/<name>`.
 */
export type SchemaWriter = (
  schema: GenericSchema,
  side: 'input' | 'output',
  components: Readonly<Record<string, GenericSchema>>,
) => JsonSchema

export type JsonSchema = { readonly [keyword: string]: unknown }

/**
 * The OpenAPI 3.1 document of a route table. Everything in it is read off the routes: methods, fields, answers, the problems of access and
 * body, so that it cannot say what the handler does not do.
 *
 * @param named schemas that get a name of their own in the document
 * @example
 * const document = buildOpenApi(auth.routes, info, writeSchema, { User: userAnswer })
 */
export function buildOpenApi(
  routes: readonly Route[],
  info: OpenApiInfo,
  writeSchema: SchemaWriter,
  named: Readonly<Record<string, GenericSchema>>,
): JsonSchema {
  const { title, version, description, basePath } = info
  const document: Document = { write: referringTo(named, writeSchema), responses: new Map() }
  const paths: Record<string, Record<string, JsonSchema>> = {}
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route, document) }
  }
  return {
    openapi: '3.1.1',
    info: { title, version, description, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: basePath }],
    paths,
    components: {
      schemas: { ...componentsOf(named, writeSchema), Problem: problemSchema },
      responses: Object.fromEntries([...document.responses].toSorted(([one], [other]) => (one < other ? -1 : 1))),
      securitySchemes,
    },
  }
}

/** What is gathered while operations are written. */
interface Document {
  readonly write: (schema: GenericSchema, side: 'input' | 'output') => JsonSchema
  readonly responses: Map<string, JsonSchema>
}

type Named = Readonly<Record<string, GenericSchema>>

function referringTo(named: Named, writeSchema: SchemaWriter): Document['write'] {
  return (schema, side) => {
    const [name] = Object.entries(named).find(([, other]) => other === schema) ?? []
    return name === undefined ? writeSchema(schema, side, named) : { $ref: `#/components/schemas/${name}` }
  }
}

function componentsOf(named: Named, writeSchema: SchemaWriter): JsonSchema {
  const names = Object.entries(named)
  return Object.fromEntries(
    names.map(([name, schema]) => {
      // A component is written out under its own name: only the others are referred to.
      const others = Object.fromEntries(names.filter(([other]) => other !== name))
      return [name, writeSchema(schema, 'output', others)]
    }),
  )
}

const securitySchemes: JsonSchema = {
  cookie: {
    type: 'apiKey',
    in: 'cookie',
    name: '__Host-latchkey',
    description: 'Set by the sign-in routes; `latchkey` on http://localhost.',
  },
  accessToken: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'From a sign-in with `"mode": "token"`.',
  },
}

/** Every code that a route may answer with: its own, and those of the checks in front of it, in the order of the catalogue. */
export function problemsOf(route: Route): readonly ProblemCode[] {
  const codes = new Set<ProblemCode>(route.problems)
  if (route.access.kind !== 'public') codes.add('unauthenticated')
  if (route.access.kind === 'admin') codes.add('forbidden').add('aal_required')
  if (route.access.kind !== 'public' && route.access.fresh === true) codes.add('fresh_required')
  if (route.access.kind === 'session' && route.access.enrolled === true) codes.add('aal_required')
  if (route.access.kind === 'session' && route.access.sensitive === true)
    codes.add('fresh_required').add('aal_required')
  if (route.method !== 'GET') codes.add('csrf').add('too_large').add('unsupported_media_type').add('outcome_unknown')
  if (route.method !== 'GET' || route.query !== undefined) codes.add('malformed').add('invalid_fields')
  if (route.path.includes(':')) codes.add('not_found')
  codes.add('internal').add('unavailable')
  return allCodes.filter((code) => codes.has(code))
}

const allCodes = Object.keys(problems) as readonly ProblemCode[]

function operationOf(route: Route, { write, responses }: Document): JsonSchema {
  const parameters = [...pathParameters(route.path), ...queryParameters(route, write)]
  return {
    operationId: route.id,
    summary: route.summary,
    ...(route.access.kind === 'admin' ? { description: `Needs the permission \`${route.access.permission}\`.` } : {}),
    security: route.access.kind === 'public' ? [] : [{ cookie: [] }, { accessToken: [] }],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: write(route.body, 'input') } },
          },
        }),
    responses: { ...successes(route, write), ...refusals(problemsOf(route), responses) },
  }
}

function pathParameters(path: string): readonly JsonSchema[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', maxLength: 256 },
  }))
}

function queryParameters(route: Route, write: Document['write']): readonly JsonSchema[] {
  if (route.query === undefined) return []
  const { properties, required } = write(route.query, 'input')
  const names = Array.isArray(required) ? required : []
  return Object.entries((properties ?? {}) as Record<string, JsonSchema>).map(([name, schema]) => ({
    name,
    in: 'query',
    required: names.includes(name),
    schema,
  }))
}

function successes(route: Route, write: Document['write']): JsonSchema {
  return Object.fromEntries(
    Object.entries(route.answers).map(([status, answer]) => [
      status,
      {
        description: answer.description,
        ...(answer.body === undefined
          ? {}
          : { content: { [answer.contentType ?? 'application/json']: { schema: write(answer.body, 'output') } } }),
      },
    ]),
  )
}

/** One response a status; the same group of codes is one component wherever it occurs. */
function refusals(codes: readonly ProblemCode[], responses: Document['responses']): JsonSchema {
  const statuses = [...new Set(codes.map((code) => problems[code].status))]
  return Object.fromEntries(
    statuses.map((status) => {
      const group = codes.filter((code) => problems[code].status === status)
      const name = group.join('_or_')
      responses.set(name, refusal(status, group))
      return [String(status), { $ref: `#/components/responses/${name}` }]
    }),
  )
}

function refusal(status: number, group: readonly ProblemCode[]): JsonSchema {
  const problem = { $ref: '#/components/schemas/Problem' }
  return {
    description: group.map((code) => `\`${code}\`: ${problems[code].title}`).join(' '),
    ...(status === 429 || status === 503 ? { headers: retryAfter } : {}),
    content: {
      'application/problem+json': { schema: { allOf: [problem, { properties: { code: { enum: group } } }] } },
    },
  }
}

const retryAfter: JsonSchema = {
  'Retry-After': { description: 'Whole seconds to wait.', schema: { type: 'integer', minimum: 1 } },
}

const fieldReasons: readonly FieldReason[] = [
  'required',
  'invalid',
  'too_short',
  'too_long',
  'common',
  'breached',
  'contains_personal_word',
  'unchanged',
  'unknown_field',
]

const problemSchema: JsonSchema = {
  type: 'object',
  description: 'RFC 9457. `code` is what programs go by; `docs/errors.md` lists all of them.',
  properties: {
    type: { type: 'string', description: 'A name, not an address.', examples: [problemType('malformed')] },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { enum: allCodes },
    detail: { type: 'string' },
    retryAfter: { type: 'integer', description: 'Whole seconds to wait.' },
    fields: { type: 'object', additionalProperties: { enum: fieldReasons } },
  },
  required: ['type', 'title', 'status', 'code'],
}
