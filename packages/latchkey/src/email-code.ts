export { emailCode } from './methods/email-code/index.ts'
export type { EmailCodeOptions } from './methods/email-code/index.ts'
