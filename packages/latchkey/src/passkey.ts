export { passkey } from './methods/passkey/index.ts'
export type { PasskeyOptions } from './methods/passkey/options.ts'
