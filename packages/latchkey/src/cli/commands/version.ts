import { createRequire } from 'node:module'
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

/** Asked for by name: where this module lies below `dist` is the build's to choose. */
function ownVersion(): string {
  const manifest: unknown = createRequire(import.meta.url)('latchkey/package.json')
  const hasVersion = typeof manifest === 'object' && manifest !== null && 'version' in manifest
  return hasVersion && typeof manifest.version === 'string' ? manifest.version : 'unknown'
}
