import type { AmrEntry } from '../../assurance/assurance.ts'

/** A password is something known, typed into the page: RFC 8176 `pwd`. */
export const passwordProof: Omit<AmrEntry, 'at'> = {
  method: 'password',
  amr: 'pwd',
  factor: 'knowledge',
  channel: 'typed',
}
