import { lstat, unlink } from 'node:fs/promises'
import { connect } from 'node:net'
import type { App } from '../http/app-type.ts'

/**
 * Listens on a Unix socket whose mode says who may connect, from its first moment on. Replaces the
 * socket that a killed process has left. Throws an Error that names the setting and the remedy.
 */
export async function listenOnSocket(app: App, path: string, mode: number): Promise<void> {
  await clearSocketPath(path)
  const former = process.umask(0o777 & ~mode)
  try {
    await app.listen({ path })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`Failed to listen on EDGE_SOCKET: ${reason}`, { cause: error })
  } finally {
    process.umask(former)
  }
}

/**
 * Removes the socket that a killed process has left. Throws an Error with the remedy if the path is
 * of something else, or of another process.
 */
export async function clearSocketPath(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined)
  if (found === undefined) return
  if (!found.isSocket()) {
    throw new Error(
      'EDGE_SOCKET names a file that is no socket. Remove the file, or set another path.',
    )
  }
  if (await isServed(path)) {
    throw new Error(
      'Another process listens on EDGE_SOCKET. Stop that process, or set another path.',
    )
  }
  await unlink(path)
}

/** A socket that another account may not connect to is not ours to remove, either. */
function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', (error) => resolve('code' in error && error.code !== 'ECONNREFUSED'))
  })
}
