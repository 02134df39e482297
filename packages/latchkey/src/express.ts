export { toExpressHandler, type ExpressHandler, type ExpressRequest } from './adapters/express/express-handler.ts'
