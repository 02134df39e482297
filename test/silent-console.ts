// Nothing that a test runs may print: an unexpected line is a leak or an unhandled case. A test that expects output says
// so by replacing the method, e.g. vi.spyOn(console, 'error').mockImplementation(() => undefined).
import { afterEach } from 'vitest'

const printed: string[] = []

for (const method of ['debug', 'info', 'log', 'warn', 'error'] as const) {
  console[method] = (...values: readonly unknown[]): void => {
    const line = `console.${method}(${values.map(String).join(', ')})`
    printed.push(line)
    throw new Error(`${line} in a test`)
  }
}

// Thrown where it was caught, the error would be lost; so the test fails as well.
afterEach(() => {
  const lines = printed.splice(0)
  if (lines.length > 0) throw new Error(`the test printed: ${lines.join('; ')}`)
})
