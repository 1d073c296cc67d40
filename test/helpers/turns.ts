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
