import { record, string, unknown } from 'valibot'
import { route, type Answer, type Route } from '../../methods/route.ts'

/** The generated document. It is loaded at the first request for it, so that nobody else pays for it. */
export const openApiRoute: Route = route({
  id: 'getOpenApi',
  method: 'GET',
  path: '/openapi.json',
  summary: 'This document',
  access: { kind: 'public' },
  answers: { 200: { description: 'OpenAPI 3.1.', body: record(string(), unknown()) } },
  problems: [],
  async handle(): Promise<Answer> {
    const { openApiDocument } = await import('../openapi-document.ts')
    return {
      ok: true,
      status: 200,
      body: openApiDocument,
      headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'public, max-age=300' },
    }
  },
})
