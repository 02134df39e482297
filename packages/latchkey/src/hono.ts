export { toHonoHandler, type HonoHandler, type HonoHandlerOptions } from './adapters/hono/hono-handler.ts'
