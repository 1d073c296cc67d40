import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { failedWith } from './error.ts'

/** Marks a folder that is being made and takes its real name when it is whole. */
export const UNFINISHED = '.unfinished-'

/** Long enough that no start is still at work on it. */
const ABANDONED_AFTER_MS = 3_600_000

/** Removes what starts that were killed half-way have left in DATA_DIR. */
export async function removeLeftovers(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    const path = join(dataDir, name)
    if (name.includes(UNFINISHED) && (await isAbandoned(path))) {
      await rm(path, { recursive: true, force: true })
    }
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(path)
    return Date.now() - mtimeMs > ABANDONED_AFTER_MS
  } catch (error) {
    // A start beside this one has renamed or removed it.
    if (failedWith(error, 'ENOENT')) return false
    throw error
  }
}
