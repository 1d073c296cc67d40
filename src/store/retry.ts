import { setTimeout as sleep } from 'node:timers/promises'
import { isRetryable, OtherHistoryError } from './faults.ts'

const maxAttempts = 8
const maxHistories = 3

/**
 * Runs one statement by itself, or a whole transaction, and retries it when it lost against another
 * one (40001, 40P01).
 */
export async function retryWhileLosing<T>(act: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await act()
    } catch (error) {
      if (!isRetryable(error) || attempt >= maxAttempts) throw error
      await sleep(attempt * 5)
    }
  }
}

/**
 * Runs a read, or a statement that may be repeated, and again when its connection turned out to
 * lead to a server of another history, since a sync cycle met a promoted primary meanwhile. It must
 * not matter whether the first run was committed.
 */
export async function retryInCurrentHistory<T>(act: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await act()
    } catch (error) {
      if (!(error instanceof OtherHistoryError) || attempt >= maxHistories) throw error
    }
  }
}
