/** A server has warmed up when its best rate has not grown by more than this share lately. */
const growth = 0.03
/** How many of the latest turns must bring no growth. */
const latest = 2

/**
 * Whether the rates of the turns of a warm-up have become steady: the latest turns are hardly
 * faster than the best one before. What else the machine does makes a turn slower, never faster, so
 * that a disturbed turn is not taken for the end of the growth, nor a recovery for growth.
 */
export function isSteady(rates: readonly number[], leastTurns: number): boolean {
  if (rates.length < Math.max(leastTurns, latest + 1)) return false
  const before = Math.max(...rates.slice(0, -latest))
  return Math.max(...rates.slice(-latest)) <= before * (1 + growth)
}
