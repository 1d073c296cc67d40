/** The conditions that keep the embedded server from running; each has its own remedy. */
export type EmbeddedPostgresErrorCode =
  | 'data_dir_in_use'
  | 'lock_file_damaged'
  | 'data_dir_closed'
  | 'data_dir_unusable'
  | 'platform_unsupported'
  | 'socket_path_too_long'
  | 'start_failed'

/**
 * The embedded PostgreSQL cannot run. The message is for people: it names the folder and the
 * remedy.
 */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError'
  readonly code: EmbeddedPostgresErrorCode

  constructor(code: EmbeddedPostgresErrorCode, message: string, cause?: unknown) {
    super(message, { cause })
    this.code = code
  }
}

/** True when a file system call failed with one of these codes, such as `ENOENT`. */
export function failedWith(error: unknown, ...codes: readonly string[]): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    codes.includes(error.code)
  )
}
