/**
 * Looks at every turn of the event loop until `end`, which gives the CPU time of the longest in
 * milliseconds. CPU time is the same on a machine whose other processes take most of the real time.
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
