import { capture } from './process.mjs'

/** Runs files of node:test and counts their tests (not the suites around them). */
export async function runNodeTests(files) {
  const { code, output } = await capture(process.execPath, ['--test', '--test-reporter=tap', ...files])
  const count = (name) => Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(output)?.[1] ?? 0)
  const failed = count('fail') + count('cancelled')
  return { code, output: failing(output), passed: count('pass'), failed: code !== 0 && failed === 0 ? 1 : failed }
}

/** The failing tests alone, each with its message; the whole output when there is none (a crash). */
function failing(tap) {
  const blocks = tap.split('\n').reduce((found, line) => {
    if (/^\s*(not ok|ok|#)/.test(line)) found.push([])
    found.at(-1)?.push(line)
    return found
  }, [])
  const failures = blocks.filter(([first]) => /^\s*not ok/.test(first)).map((lines) => lines.join('\n'))
  return failures.length > 0 ? failures.join('\n') : tap
}
