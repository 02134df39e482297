export { toNodeHandler, type NodeHandler } from './adapters/node/node-handler.ts'
