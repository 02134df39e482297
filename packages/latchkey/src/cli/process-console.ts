import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import type { Console } from './command.ts'

/** The real terminal. Results go to standard output, everything else to standard error. */
export function createProcessConsole(): Console {
  const { stdin, stdout, stderr } = process
  let hasProgress = false
  const clear = (): void => {
    if (hasProgress) stderr.write('\r\u001B[K')
    hasProgress = false
  }
  return {
    write(result) {
      clear()
      stdout.write(result)
    },
    note(line) {
      clear()
      stderr.write(`${line}\n`)
    },
    progress(line) {
      if (stderr.isTTY !== true) return
      stderr.write(`\r\u001B[K${line}`)
      hasProgress = true
    },
    async readSecret(prompt) {
      if (stdin.isTTY !== true) {
        // The last line break belongs to `echo`, everything else to the password.
        const piped = (await text(stdin)).replace(/\r?\n$/, '')
        return piped === '' ? undefined : piped
      }
      stderr.write(prompt)
      return readWithoutEcho()
    },
  }
}

/** readline writes what is typed to its output; this one has none. */
function readWithoutEcho(): Promise<string | undefined> {
  const { stdin, stderr } = process
  const lines = createInterface({ input: stdin, terminal: true, historySize: 0 })
  return new Promise((resolve) => {
    const settle = (answer: string | undefined): void => {
      lines.off('close', onClose)
      lines.close()
      stderr.write('\n')
      resolve(answer)
    }
    const onClose = (): void => settle(undefined)
    lines.once('line', (line) => settle(line === '' ? undefined : line))
    lines.once('close', onClose)
    lines.once('SIGINT', onClose)
  })
}
