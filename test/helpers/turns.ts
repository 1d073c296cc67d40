import { setImmediate as nextTurn } from 'node:timers/promises'
import { maxBodyBytes } from '../../src/domain/limits.ts'

/**
 * Measures every turn of the event loop until `end()`, which returns the CPU time of the longest
 * turn in milliseconds. Other processes on the machine do not change CPU time as they do real time.
 *
 * It looks once in a millisecond, since looking at turns without work would keep a processor busy
 * while the test waits: a turn may count with a millisecond of those before it.
 */
export function watchTurns(): { end(): number } {
  let longest = 0
  let before = process.threadCpuUsage()
  function look(): void {
    const now = process.threadCpuUsage()
    longest = Math.max(longest, now.user - before.user + now.system - before.system)
    before = now
    timer.refresh()
  }
  const timer = setTimeout(look, 1)
  return {
    end() {
      look()
      clearTimeout(timer)
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
