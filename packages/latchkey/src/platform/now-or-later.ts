/** A value, or the promise of one. What is known at once is not waited for: on the hot path each wait costs more than the work between two of them. */
export type NowOrLater<Value> = Value | Promise<Value>

export function isLater<Value>(value: NowOrLater<Value>): value is Promise<Value> {
  return typeof value === 'object' && value !== null && 'then' in value
}

/** `work` on the value: now, if it is there. What it throws then is thrown, not rejected. */
export function andThen<Value, Result>(
  value: NowOrLater<Value>,
  work: (value: Value) => NowOrLater<Result>,
): NowOrLater<Result> {
  return isLater(value) ? value.then(work) : work(value)
}
