export { magicLink } from './methods/magic-link/index.ts'
export type { MagicLinkOptions } from './methods/magic-link/options.ts'
