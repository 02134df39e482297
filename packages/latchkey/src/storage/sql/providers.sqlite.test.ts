import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { providersOnTwoNodes } from '../../../../../test/databases/provider-suite.ts'
import { createSqliteStorage } from './sqlite/sqlite-storage.ts'

providersOnTwoNodes('sqlite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-providers-'))
  const filename = join(folder, 'latchkey.db')
  const storages = [await createSqliteStorage({ filename }), await createSqliteStorage({ filename })] as const
  await storages[0].migrate()
  return {
    storages,
    async cleanUp() {
      for (const storage of storages) await storage.close()
      await rm(folder, { recursive: true })
    },
  }
})
