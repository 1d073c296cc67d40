/** What the address of a Unix socket holds, without the zero byte at its end. */
export const maxSocketPathBytes = process.platform === 'darwin' ? 103 : 107

/** Whether the system can bind a Unix socket at the path. It counts bytes of UTF-8. */
export function fitsSocketPath(path: string): boolean {
  return Buffer.byteLength(path) <= maxSocketPathBytes
}
