import { nextRound, type Timers } from '../../platform/timers.ts'

/**
 * Watches over all that is waiting on one connection with one timer. Answers come in the order of the questions, so the connection is silent when
 * something waited and nothing at all was answered for `timeoutMs`: it is noticed after that, and before twice that.
 *
 * @returns what passes a question's promise through
 */
export function createAnswerWatch({
  timers,
  timeoutMs,
  onSilence,
}: {
  readonly timers: Timers
  readonly timeoutMs: number
  onSilence(): void
}): <Answer>(question: Promise<Answer>) => Promise<Answer> {
  let waiting = 0
  let answered = 0
  let isWatching = false

  function watch(): void {
    isWatching = true
    const before = answered
    timers.after(timeoutMs, () => void look(before))
  }

  async function look(before: number): Promise<void> {
    // Where this process itself was kept busy, the answer may be there unread.
    if (waiting > 0 && answered === before) await nextRound()
    if (waiting > 0 && answered === before) return onSilence()
    isWatching = false
    if (waiting > 0) watch()
  }

  const settled = (): void => {
    waiting--
    answered++
  }
  return (question) => {
    waiting++
    if (!isWatching) watch()
    question.then(settled, settled)
    return question
  }
}
