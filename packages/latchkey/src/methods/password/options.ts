import type { Channel, Factor, Amr } from '../../assurance/assurance.ts'

/** A password is something known, typed into the page: RFC 8176 `pwd`. */
export const passwordMethod: { readonly id: 'password'; readonly factor: Factor; readonly amr: Amr; readonly channel: Channel } = {
  id: 'password',
  factor: 'knowledge',
  amr: 'pwd',
  channel: 'typed',
}
