export { password } from './methods/password/index.ts'
