import { readFileSync } from 'node:fs'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'

export const command: Command = {
  description: 'The version of latchkey, of Node and of the platform.',
  examples: ['latchkey version --json'],
  needsNoConfig: true,
  run({ answer }) {
    const version = ownVersion()
    const { version: node, platform, arch } = process
    answer({ latchkey: version, node, platform, arch }, `latchkey ${version} (Node ${node}, ${platform} ${arch})\n`)
    return Promise.resolve(exitCodes.ok)
  },
}

function ownVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
  const hasVersion = typeof manifest === 'object' && manifest !== null && 'version' in manifest
  return hasVersion && typeof manifest.version === 'string' ? manifest.version : 'unknown'
}
