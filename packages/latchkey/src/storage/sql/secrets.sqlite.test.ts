import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { secretsAtRest } from '../../../../../test/databases/secrets-suite.ts'
import { createSqliteStorage } from './sqlite/sqlite-storage.ts'

secretsAtRest('sqlite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-secrets-'))
  const filename = join(folder, 'latchkey.db')
  const storage = await createSqliteStorage({ filename })
  await storage.migrate()
  return {
    storage,
    // Every byte: removed rows and the write-ahead log too.
    dump: () =>
      Promise.resolve(
        [filename, `${filename}-wal`]
          .filter((file) => existsSync(file))
          .map((file) => readFileSync(file, 'latin1'))
          .join(''),
      ),
    async cleanUp() {
      await storage.close()
      await rm(folder, { recursive: true })
    },
  }
})
