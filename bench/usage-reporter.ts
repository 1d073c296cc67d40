/**
 * Loaded before a measured server (`node --import`): tells its parent, when asked, what the process
 * has used. It holds nothing open and does nothing unasked.
 */
import process from 'node:process'

/** Of the whole process, all threads: CPU time since its start, and resident memory in bytes. */
export interface Usage {
  readonly cpuMs: number
  readonly residentBytes: number
}

process.on('message', () => {
  const { user, system } = process.cpuUsage()
  const usage: Usage = {
    cpuMs: (user + system) / 1000,
    residentBytes: process.memoryUsage.rss(),
  }
  process.send?.(usage)
})
process.channel?.unref()
