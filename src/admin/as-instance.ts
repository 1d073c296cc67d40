import { moment } from '../edge/moment.ts'
import type { ManagementDeps } from '../management/deps.ts'
import { compose } from '../process/compose.ts'
import { createLog } from '../process/log.ts'
import { createServiceHasher, externalsOf, openConfiguredDatabase } from '../process/prepare.ts'
import type { CommandContext } from './command.ts'
import { requireStartedDatabase } from './started-database.ts'

/**
 * Runs a command on a started database as an instance of its own, which follows all changes,
 * including those that the command makes.
 */
export async function asInstance<T>(
  context: CommandContext,
  act: (deps: ManagementDeps) => Promise<T>,
): Promise<T> {
  const { config, files, connection } = context
  const log = createLog('warn')
  const database = openConfiguredDatabase({ config, connection, log })
  const { db } = database
  try {
    await requireStartedDatabase(db)
    const now = () => new Date()
    const hasher = await createServiceHasher(config, files.peppers, db, now)
    const externals = await externalsOf(context, db, hasher, now)
    const { deps, instance } = await compose({
      config,
      database,
      log,
      externals,
      files,
      moment,
    })
    await instance.start()
    try {
      return await act(deps)
    } finally {
      await instance.stop()
    }
  } finally {
    await database.close()
  }
}
