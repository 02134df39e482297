export { fromIncomingMessage } from './adapters/node/incoming-message.ts'
export { toNodeHandler, type NodeHandler } from './adapters/node/node-handler.ts'
export { isLocalRequest } from './http/checks/development.ts'
export { faultFields } from './http/faults.ts'
