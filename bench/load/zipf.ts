/**
 * Indices from 0 to `items` - 1 as a Zipf mix draws them: the one of rank r with a weight of 1 / r.
 * Of 10,000 the first then has a tenth of all draws, the first hundred half.
 *
 * `random` gives numbers from 0 up to 1.
 */
export function drawZipf(items: number, draws: number, random: () => number): number[] {
  const reached: number[] = []
  let sum = 0
  for (let rank = 1; rank <= items; rank += 1) {
    sum += 1 / rank
    reached.push(sum)
  }
  return Array.from({ length: draws }, () => firstAbove(reached, random() * sum))
}

/** The index of the first value above `wanted`, in a list that rises. */
function firstAbove(rising: readonly number[], wanted: number): number {
  let low = 0
  let high = rising.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if ((rising[middle] ?? Number.POSITIVE_INFINITY) > wanted) high = middle
    else low = middle + 1
  }
  return low
}
