import { setImmediate as nextTurn } from 'node:timers/promises'
import { maxBodyBytes } from '../../src/domain/limits.ts'

/**
 * Measures every turn of the event loop until `end()`, which returns the CPU time of the longest
 * turn in milliseconds. Other processes on the machine do not change CPU time as they do real time.
 */
export function watchTurns(): { end(): number } {
  let longest = 0
  let before = process.threadCpuUsage()
  let isOver = false
  function look(): void {
    const { user, system } = process.threadCpuUsage(before)
    longest = Math.max(longest, user + system)
    before = process.threadCpuUsage()
    if (!isOver) setImmediate(look)
  }
  setImmediate(look)
  return {
    end() {
      isOver = true
      return longest / 1000
    },
  }
}

/**
 * 20 ms, or on a slow machine two and a half times what it takes to parse the largest body: other
 * processes hardly change CPU time, but machines differ.
 */
export async function maxTurnMs(): Promise<number> {
  const half = maxBodyBytes / 2
  const text = '['.repeat(half) + ']'.repeat(half)
  const times: number[] = []
  for (let tries = 0; tries < 9; tries += 1) {
    const before = process.threadCpuUsage()
    JSON.parse(text)
    const { user, system } = process.threadCpuUsage(before)
    times.push((user + system) / 1000)
    await nextTurn()
  }
  return Math.max(20, 2.5 * Math.min(...times))
}
