import { spawn } from 'node:child_process'
import { executable, plainEnvironment, testSettings } from './server-process.ts'

export interface CliResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** Standard output as JSON. */
  json(): Readonly<Record<string, unknown>>
}

export interface CliOptions {
  readonly directory: string
  readonly environment?: Readonly<Record<string, string>>
  /** What is piped in. */
  readonly input?: string
}

/** Runs `latchkey …` to its end, as a shell would. */
export function runCli(
  args: readonly string[],
  { directory, environment = {}, input }: CliOptions,
): Promise<CliResult> {
  const child = spawn(process.execPath, [executable, ...args], {
    cwd: directory,
    env: { ...plainEnvironment(), ...testSettings, ...environment },
    stdio: 'pipe',
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk))
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) =>
      resolve({ code, stdout, stderr, json: () => JSON.parse(stdout) as Readonly<Record<string, unknown>> }),
    )
  })
}
