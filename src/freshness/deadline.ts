import { destroyFeedConnection, type FeedConnection } from '../store/feed.ts'

/** The answer to a statement, if it comes in time; past the deadline its connection is destroyed. */
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
