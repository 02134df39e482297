import type { Logger } from '../platform/logger.ts'

/** Work that no answer waits for. It is tracked, so that closing waits for it, and its failure is logged, so that it is not lost. */
export interface Background {
  run(task: () => Promise<void>): void
  /** Resolves when everything that was begun has ended. */
  idle(): Promise<void>
}

export function createBackground(logger: Logger): Background {
  const running = new Set<Promise<void>>()
  return {
    run(task) {
      const work = task()
        .catch((error: unknown) => logger.warn({ error }, 'Background work failed.'))
        .finally(() => running.delete(work))
      running.add(work)
    },
    async idle() {
      while (running.size > 0) await Promise.all(running)
    },
  }
}
