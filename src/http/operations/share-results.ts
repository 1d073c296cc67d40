/**
 * A function that calls `make` at most once within `intervalMs` and shares the result: all calls
 * within that time of a call of `make`, and all calls while it runs, get the same promise. Shares
 * no rejection with later calls.
 */
export function shareResults<T>(intervalMs: number, make: () => Promise<T>): () => Promise<T> {
  let shared: Promise<T> | undefined
  let madeAt = Number.NEGATIVE_INFINITY
  let isPending = false

  async function makeNow(): Promise<T> {
    try {
      return await make()
    } catch (error) {
      shared = undefined
      throw error
    } finally {
      isPending = false
    }
  }

  return () => {
    const now = performance.now()
    if (shared !== undefined && (isPending || now - madeAt < intervalMs)) return shared
    madeAt = now
    isPending = true
    shared = makeNow()
    return shared
  }
}
