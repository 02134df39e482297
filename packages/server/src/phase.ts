/** Where the process stands. Only `serving` counts as ready; `draining` still answers, `closed` answers nothing new. */
export interface Phase {
  current: 'starting' | 'serving' | 'draining' | 'closed'
}
