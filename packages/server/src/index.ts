export { createLogger, type LoggerOptions } from './logger.ts'
export { ListenError } from './listen.ts'
export { serve, type RunningServer, type ServeOptions } from './serve.ts'
export { serveProcess, type ServeProcessOptions } from './serve-process.ts'
