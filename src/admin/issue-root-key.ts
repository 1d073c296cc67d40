import { issueRootKey } from '../keys/issue-root-key.ts'
import { createLog } from '../log.ts'
import { createServiceHasher, openServiceDatabase, worldOf } from '../prepare.ts'
import { writeRootToken } from '../root-token-file.ts'
import type { CommandContext } from './command.ts'
import { requireStartedDatabase } from './started-database.ts'

/** Issues a key of the platform account that may do everything, and says its token, or where it is. */
export async function issueRootKeyCommand(context: CommandContext): Promise<string> {
  const { config, files, connection, options } = context
  const { file } = options
  const { db } = openServiceDatabase({ config, connection, log: createLog('warn') })
  try {
    await requireStartedDatabase(db)
    const now = () => new Date()
    const hasher = await createServiceHasher(config, files.peppers, db, now)
    const keep = file === undefined ? undefined : (token: string) => writeRootToken(file, token)
    const world = worldOf(context, hasher, now)
    const rootKey = await issueRootKey(world, db, keep)
    return file === undefined ? rootKey.token : `The token of ${rootKey.name} is in ${file}.`
  } finally {
    await db.destroy()
  }
}
