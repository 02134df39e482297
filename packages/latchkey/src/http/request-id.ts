/** Ours, unless a proxy of ours has already given the request one that is fit for a log line and a header. */
export function isSaneRequestId(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{7,63}$/.test(text)
}
