import type { ServerResponse } from 'node:http'

/** Where the process stands. Only `serving` counts as ready; `draining` still answers, `closed` answers nothing new. */
export interface Phase {
  current: 'starting' | 'serving' | 'draining' | 'closed'
  /** Answers on their way: when the drain begins, each of them becomes the last of its connection. */
  readonly answering: Set<ServerResponse>
}
