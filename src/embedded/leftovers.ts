import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { failedWith } from './error.ts'

/** Marks a folder that is being made; its final name comes when it is complete. */
export const UNFINISHED = '.unfinished-'

/** Long enough that no running start still works on the folder. */
const ABANDONED_AFTER_MS = 3_600_000

/** Removes what killed starts have left in DATA_DIR. */
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
    // A concurrent start has renamed or removed the folder.
    if (failedWith(error, 'ENOENT')) return false
    throw error
  }
}
