import { availableParallelism, cpus, totalmem } from 'node:os'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Machine {
  readonly processor: string
  readonly cores: number
  readonly memoryGb: number
  readonly platform: string
  readonly node: string
  /** Of the peers, as they are installed. */
  readonly versions: Readonly<Record<string, string>>
}

export async function describeMachine(): Promise<Machine> {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown processor',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    versions: await installedVersions(),
  }
}

async function installedVersions(): Promise<Readonly<Record<string, string>>> {
  const bench = new URL('../', import.meta.url)
  const { dependencies } = JSON.parse(await readFile(new URL('package.json', bench), 'utf8')) as {
    dependencies: Record<string, string>
  }
  const versions: Record<string, string> = {}
  for (const name of Object.keys(dependencies)) {
    const file = new URL(`node_modules/${name}/package.json`, bench)
    const text = await readFile(file, 'utf8').catch(() => undefined)
    if (text !== undefined) versions[name] = (JSON.parse(text) as { version: string }).version
  }
  return versions
}

/** How many cores are at work over so long a time in which this process does nothing. */
export async function busyCores(overMs: number): Promise<number> {
  const spentMs = (): number =>
    cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0)
  const [before, startedAt] = [spentMs(), performance.now()]
  await sleep(overMs)
  return (spentMs() - before) / (performance.now() - startedAt)
}
