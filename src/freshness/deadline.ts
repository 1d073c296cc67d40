import { destroyFeedConnection, type FeedConnection } from '../store/feed-connection.ts'

/**
 * The result of a statement, if the result comes in time; past the deadline the connection is
 * destroyed.
 */
export async function withinDeadline<T>(
  connection: FeedConnection,
  deadlineMs: number,
  work: Promise<T>,
): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    destroyFeedConnection(connection)
    late.reject(new Error(`The database did not respond within ${deadlineMs} ms.`))
  }, deadlineMs)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
    work.catch(() => undefined)
  }
}
