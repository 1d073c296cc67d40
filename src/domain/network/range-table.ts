import type { AddressRange } from './address.ts'

/**
 * Disjoint ranges of addresses of one family, in ascending order. Each bound is one word of 32
 * bits, or four with the most significant first.
 */
export interface RangeTable {
  readonly wordsPerBound: 1 | 4
  readonly firsts: Uint32Array
  readonly lasts: Uint32Array
}

/** Makes the table of ranges of one family, which may overlap. */
export function rangeTableOf(ranges: readonly AddressRange[], wordsPerBound: 1 | 4): RangeTable {
  const merged: AddressRange[] = []
  for (const range of ranges.toSorted(byFirst)) {
    const previous = merged.at(-1)
    if (previous === undefined || previous.last + 1n < range.first) merged.push(range)
    else if (previous.last < range.last) merged.splice(-1, 1, { ...previous, last: range.last })
  }
  const firsts = merged.map(({ first }) => first)
  const lasts = merged.map(({ last }) => last)
  return { wordsPerBound, firsts: pack(firsts, wordsPerBound), lasts: pack(lasts, wordsPerBound) }
}

/** How many ranges are left after those that overlap or touch became one. */
export function countRangesOf({ firsts, wordsPerBound }: RangeTable): number {
  return firsts.length / wordsPerBound
}

/**
 * Whether a range holds the address: only the last range that begins at or before it can. The steps
 * are logarithmic in the ranges: 14 for 10,000.
 */
export function tableHas(table: RangeTable, address: Uint32Array): boolean {
  const { firsts, lasts, wordsPerBound } = table
  const after =
    wordsPerBound === 1 ? countUpTo(firsts, address[0] ?? 0) : countUpTo4(firsts, address)
  return after > 0 && compare(address, 0, lasts, after - 1, wordsPerBound) <= 0
}

/** How many bounds of one word are not above the address. */
function countUpTo(bounds: Uint32Array, address: number): number {
  let low = 0
  let high = bounds.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((bounds[middle] ?? 0) <= address) low = middle + 1
    else high = middle
  }
  return low
}

/** How many bounds of four words are not above the address. */
function countUpTo4(bounds: Uint32Array, address: Uint32Array): number {
  let low = 0
  let high = bounds.length >>> 2
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compare(address, 0, bounds, middle, 4) >= 0) low = middle + 1
    else high = middle
  }
  return low
}

/** Makes the table of all ranges in either table, of the same family, in linear time. */
export function mergeRangeTables(a: RangeTable, b: RangeTable): RangeTable {
  const { wordsPerBound } = a
  const [endOfA, endOfB] = [countRangesOf(a), countRangesOf(b)]
  const firsts = new Uint32Array((endOfA + endOfB) * wordsPerBound)
  const lasts = new Uint32Array(firsts.length)
  let [inA, inB, merged] = [0, 0, 0]
  while (inA < endOfA || inB < endOfB) {
    const isFromA =
      inB === endOfB || (inA < endOfA && compare(a.firsts, inA, b.firsts, inB, wordsPerBound) <= 0)
    const from = isFromA ? a : b
    const next = isFromA ? inA++ : inB++
    if (merged > 0 && !hasGap(lasts, merged - 1, from.firsts, next, wordsPerBound)) {
      const isLonger = compare(from.lasts, next, lasts, merged - 1, wordsPerBound) > 0
      if (isLonger) copy(from.lasts, next, lasts, merged - 1, wordsPerBound)
    } else {
      copy(from.firsts, next, firsts, merged, wordsPerBound)
      copy(from.lasts, next, lasts, merged, wordsPerBound)
      merged += 1
    }
  }
  const length = merged * wordsPerBound
  return { wordsPerBound, firsts: firsts.slice(0, length), lasts: lasts.slice(0, length) }
}

function byFirst(a: AddressRange, b: AddressRange): number {
  if (a.first === b.first) return 0
  return a.first < b.first ? -1 : 1
}

function pack(bounds: readonly bigint[], wordsPerBound: 1 | 4): Uint32Array {
  const words = new Uint32Array(bounds.length * wordsPerBound)
  for (const [index, bound] of bounds.entries()) {
    for (let word = 0; word < wordsPerBound; word += 1) {
      const shift = BigInt(32 * (wordsPerBound - 1 - word))
      words[index * wordsPerBound + word] = Number((bound >> shift) & 0xffff_ffffn)
    }
  }
  return words
}

/** Negative, 0 or positive: the bound of `a` is below, equal to or above that of `b`. */
function compare(a: Uint32Array, inA: number, b: Uint32Array, inB: number, words: 1 | 4): number {
  for (let word = 0; word < words; word += 1) {
    const difference = (a[inA * words + word] ?? 0) - (b[inB * words + word] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

function copy(from: Uint32Array, source: number, to: Uint32Array, place: number, words: 1 | 4) {
  for (let word = 0; word < words; word += 1) {
    to[place * words + word] = from[source * words + word] ?? 0
  }
}

/** Whether an address lies between the last of one range and the first of another. */
function hasGap(
  lasts: Uint32Array,
  last: number,
  firsts: Uint32Array,
  first: number,
  words: 1 | 4,
): boolean {
  if (compare(firsts, first, lasts, last, words) <= 0) return false
  // The address after the last, from its least significant word on. There is one, since the first
  // lies beyond the last: some word is not the highest.
  for (let word = words - 1; ; word -= 1) {
    const successor = ((lasts[last * words + word] ?? 0) + 1) >>> 0
    if (firsts[first * words + word] !== successor) return true
    if (successor !== 0) return compareAbove(lasts, last, firsts, first, words, word) !== 0
  }
}

/** Compares the words that are more significant than one. */
function compareAbove(
  a: Uint32Array,
  inA: number,
  b: Uint32Array,
  inB: number,
  words: 1 | 4,
  below: number,
): number {
  for (let word = 0; word < below; word += 1) {
    const difference = (a[inA * words + word] ?? 0) - (b[inB * words + word] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
