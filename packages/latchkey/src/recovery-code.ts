export { recoveryCode } from './methods/recovery-code/index.ts'
