/** Looks again and again until there is something; says for what it waited in vain. */
export async function eventually<Value>(
  look: () => Promise<Value | undefined>,
  what: string,
  patienceMs = 20_000,
): Promise<Value> {
  const deadline = Date.now() + patienceMs
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
