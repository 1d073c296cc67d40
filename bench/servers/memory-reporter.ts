/**
 * Loaded before a measured server (`node --expose-gc --import`): reports the memory of the process
 * to its parent on request. It keeps nothing open and does nothing by itself.
 */
import process from 'node:process'

export interface MemoryReport {
  /** What is reachable: the heap after a full collection, and the buffers outside of it. */
  readonly heldBytes: number
  readonly residentBytes: number
}

process.on('message', () => {
  // Twice: what the first leaves to finalizers the second takes.
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, external, rss } = process.memoryUsage()
  const report: MemoryReport = { heldBytes: heapUsed + external, residentBytes: rss }
  process.send?.(report)
})
process.channel?.unref()
