import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const linesOf = new Map<string, readonly string[]>()

/** Our built files are joined modules and say where each begins: `// session/check-session.js`. Which one this line belongs to. */
export function joinedModule(url: string, lineNumber: number): string | undefined {
  let lines = linesOf.get(url)
  if (lines === undefined) {
    const path = fileURLToPath(url)
    lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []
    linesOf.set(url, lines)
  }
  for (let line = Math.min(lineNumber, lines.length - 1); line >= 0; line--) {
    const module = /^\/\/ (\S+\.js)$/.exec(lines[line] ?? '')?.[1]
    if (module !== undefined) return module
  }
  return undefined
}
