// `npm run latchkey -- user list`: the executable of this clone, with the Node that it needs. Applications have `npx latchkey`.
import { resolve } from 'node:path'
import { prepare } from './bootstrap.mjs'
import { become, main, root } from './process.mjs'

await main(async () => {
  const exitCode = await prepare()
  if (exitCode !== undefined) return exitCode
  return become(process.execPath, [resolve(root, 'packages/latchkey/dist/bin.js'), ...process.argv.slice(2)])
})
