/** Uses that cannot be written at the end are a failure, and told. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { createTestDatabase } from '../helpers/database.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { connectRaw } from '../helpers/instances.ts'
import { createProcesses } from '../helpers/process.ts'

for (const workers of ['1', '2']) {
  t.test(
    `a service that loses uses at its end exits with 1 and says how many (WORKERS=${workers})`,
    async (t) => {
      const processes = await createProcesses()
      t.teardown(() => processes.end())
      const database = await createTestDatabase()
      t.teardown(() => database.drop())
      const other = await connectRaw(t, database.url)
      const file = join(processes.folder, 'root-token')
      const running = await processes.start({
        settings: {
          DATABASE_URL: database.url,
          ROOT_TOKEN_FILE: file,
          WORKERS: workers,
          USE_FLUSH_MS: '600000',
          DATABASE_STATEMENT_TIMEOUT_MS: '1000',
        },
      })
      const token = (await readFile(file, 'utf8')).trim()
      processes.canaries.addToken(token)
      const root = processes.api(await running.listening, token)
      const key = await newKey(root, await newAccount(root))
      // The first use is written at once; with several workers, by each of them.
      for (let use = 0; use < 20; use += 1) t.match(await root.verify(key.token), { valid: true })
      await other.query('begin; lock table api_key_usage in access exclusive mode')

      t.equal(await running.stop(), 1)
      const told = running.log.filter(({ lost }) => lost !== undefined)
      t.ok(told.length > 0)
      for (const line of told) t.match(line, { level: 'error', lost: { uses: /^[1-9]\d*$/ } })
      t.ok(running.log.some(({ message }) => message === 'failed to stop cleanly'))
      t.notOk(running.log.some(({ message }) => message === 'stopped'))
    },
  )
}
