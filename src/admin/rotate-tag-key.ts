import { timingOf } from '../cache/timing.ts'
import { rotateTagKey } from '../keys/rotate-tag-key.ts'
import { createLog } from '../log.ts'
import { createServiceHasher, openServiceDatabase, worldOf } from '../prepare.ts'
import { realMoment } from '../service.ts'
import { createWorld } from '../world.ts'
import type { CommandContext } from './command.ts'
import { requireStartedDatabase } from './started-database.ts'

/**
 * Makes a new tag key sign, once every instance knows it. To follow that, the command is an instance
 * itself for as long as it runs.
 */
export async function rotateTagKeyCommand(context: CommandContext): Promise<string> {
  const { config, files, connection } = context
  const log = createLog('warn')
  const { db } = openServiceDatabase({ config, connection, log })
  try {
    await requireStartedDatabase(db)
    const now = () => new Date()
    const hasher = await createServiceHasher(config, files.peppers, db, now)
    const world = worldOf(context, hasher, now)
    const { deps, instance } = await createWorld({
      config,
      connection,
      db,
      log,
      world,
      moment: realMoment,
    })
    await instance.start()
    try {
      // By then every instance knows it, or holds no lease.
      const { id } = await rotateTagKey(deps, 2 * timingOf(config.MAX_STALENESS_MS).watchMs)
      return `The tag key ${id} signs new tokens. The old one verifies for as long as live keys use it.`
    } finally {
      await instance.stop()
    }
  } finally {
    await db.destroy()
  }
}
