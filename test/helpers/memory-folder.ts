import { access, constants, readFile, statfs } from 'node:fs/promises'
import { failedWith } from '../../src/embedded/error.ts'

/** Where Linux keeps POSIX shared memory: a file system in memory. */
const place = '/dev/shm'
const leastBytes = 4 * 2 ** 30

/**
 * A folder in memory, if the system has one with room for the clusters of all tests. On disk the
 * system spends up to 0.2 s of CPU time on the 300 files of one database.
 */
export async function memoryFolder(): Promise<string | undefined> {
  try {
    await access(place, constants.W_OK)
    const { bavail, bsize } = await statfs(place)
    const hasRoom = Math.min(bavail * bsize, process.availableMemory()) >= leastBytes
    return hasRoom && (await mayRunPrograms()) ? place : undefined
  } catch (error) {
    if (failedWith(error, 'ENOENT', 'EACCES', 'EROFS')) return undefined
    throw error
  }
}

/** PostgreSQL's programs are copied next to a cluster whose account cannot reach the checkout. */
async function mayRunPrograms(): Promise<boolean> {
  const mounts = (await readFile('/proc/self/mounts', 'utf8'))
    .split('\n')
    .map((line) => line.split(' '))
  const [, , type, options = ''] = mounts.findLast(([, folder]) => folder === place) ?? []
  return type === 'tmpfs' && !options.split(',').includes('noexec')
}
