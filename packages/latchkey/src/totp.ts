export { totp } from './methods/totp/index.ts'
export type { SecretEncrypter, TotpOptions } from './methods/totp/options.ts'
