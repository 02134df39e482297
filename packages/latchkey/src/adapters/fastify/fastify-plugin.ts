import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { HandlesRequests } from '../../http/exchange.ts'
import { answerMessage } from '../node/node-handler.ts'

export type FastifyAuthPlugin = (instance: FastifyInstance) => Promise<void>

/**
 * A Fastify 5 plugin. Its content type parsers are its own (Fastify encapsulates them): inside, bodies stay unread for the handler; the
 * application's parsers are untouched. Answers are written by the handler itself, so `onSend` hooks do not see them, `onResponse` hooks do.
 * Fastify's logger writes whole URLs: see that yours leaves the query out.
 *
 * @example
 * await app.register(toFastifyPlugin(auth), { prefix: '/auth' })
 */
export function toFastifyPlugin(auth: HandlesRequests): FastifyAuthPlugin {
  const answer = (request: FastifyRequest, reply: FastifyReply): void => {
    reply.hijack()
    answerMessage(auth.handle, request.raw, reply.raw, request.raw.url ?? '')
  }
  return async (instance) => {
    instance.removeAllContentTypeParsers()
    instance.addContentTypeParser('*', (_request, _payload, done) => done(null))
    instance.setErrorHandler((error, request, reply) => {
      // Fastify refuses some spellings of Content-Type before it asks a parser; the answer is ours to give.
      if (!isContentTypeError(error)) throw error
      answer(request, reply)
    })
    instance.all('/*', answer)
  }
}

function isContentTypeError(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('FST_ERR_CTP_')
  )
}
