import { setTimeout as sleep } from 'node:timers/promises'
import { isRetryable } from './faults.ts'

const maxAttempts = 8

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
