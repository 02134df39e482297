import { en } from './en.ts'

/** Every word that the pages say. A translation is another object of this shape, chosen here. */
export const texts: typeof en = en
