export { toFastifyPlugin, type FastifyAuthPlugin } from './adapters/fastify/fastify-plugin.ts'
