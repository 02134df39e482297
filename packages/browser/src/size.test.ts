import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build, type Rolldown } from 'vite'
import { describe, expect, it } from 'vitest'

/** What an application's bundler makes of the package when everything in it is used: minified, in bytes after gzip -9. */
async function bundledBytes(): Promise<number> {
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      minify: true,
      modulePreload: false,
      rolldownOptions: {
        input: fileURLToPath(new URL('./index.ts', import.meta.url)),
        preserveEntrySignatures: 'strict',
      },
    },
  })
  const { output } = result as Rolldown.RolldownOutput
  const code = output.map((part) => (part.type === 'chunk' ? part.code : '')).join('')
  expect(code).toContain('/sign-in/password')
  return gzipSync(code, { level: 9 }).length
}

describe('the whole package', () => {
  it('is at most 5 kB', async () => {
    expect(await bundledBytes()).toBeLessThanOrEqual(5_000)
  })
})
