import { open } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Writes the root token to a new file that only its owner may read, and resolves once the file and
 * its folder entry are on disk. Throws an Error when the file exists: it could hold the token of
 * another database. `isOurs`: this process made the file in an earlier try of the same transaction.
 */
export async function writeRootToken(path: string, token: string, isOurs = false): Promise<void> {
  const file = await open(path, isOurs ? 'w' : 'wx', 0o600).catch(
    (error: NodeJS.ErrnoException) => {
      throw new Error(
        error.code === 'EEXIST'
          ? `The file ${path} for the root token already exists. Move the file first.`
          : `Failed to create the file for the root token: ${error.message}`,
      )
    },
  )
  try {
    await file.writeFile(`${token}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  const folder = await open(dirname(path), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
