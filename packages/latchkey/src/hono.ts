export {
  toHonoHandler,
  type HonoContext,
  type HonoHandler,
  type HonoHandlerOptions,
} from './adapters/hono/hono-handler.ts'
