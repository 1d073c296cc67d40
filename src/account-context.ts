import { AsyncLocalStorage } from 'node:async_hooks'

const storage = new AsyncLocalStorage<string>()

/** Stands for work of the service itself, which belongs to no request. */
const service = ''

/**
 * Runs `act` on behalf of an account: the database connections that `act` takes, also after it
 * waits, count against the share of that account (store/fair-semaphore.ts).
 */
export function runForAccount<T>(accountId: string, act: () => T): T {
  return storage.run(accountId, act)
}

/** The account on whose behalf the caller runs; the empty text for the service itself. */
export function currentAccount(): string {
  return storage.getStore() ?? service
}
