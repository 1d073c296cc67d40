/**
 * What becomes of a list of distinct texts that two people have changed: the present one with what
 * the reader has added, without what the reader has removed.
 * @param {readonly string[]} opened as the reader has opened it
 * @param {readonly string[]} wanted as the reader wants it
 * @param {readonly string[]} current as it is now
 */
export function mergeLists(opened, wanted, current) {
  // Nobody else has changed it: the order is the reader's, too.
  if (isSameList(opened, current)) return [...wanted]
  const kept = current.filter((one) => wanted.includes(one) || !opened.includes(one))
  return [...kept, ...wanted.filter((one) => !opened.includes(one) && !kept.includes(one))]
}

/** @param {readonly string[]} one @param {readonly string[]} other */
export function isSameList(one, other) {
  return one.join('\n') === other.join('\n')
}

/**
 * The same for names with values.
 * @param {Readonly<Record<string, string>>} opened
 * @param {Readonly<Record<string, string>>} wanted
 * @param {Readonly<Record<string, string>>} current
 */
export function mergeValues(opened, wanted, current) {
  const merged = new Map(Object.entries(current))
  for (const name of Object.keys({ ...opened, ...wanted })) {
    const value = wanted[name]
    if (value === opened[name]) continue
    if (value === undefined) merged.delete(name)
    else merged.set(name, value)
  }
  return Object.fromEntries(merged)
}

/**
 * The reader's text if the reader has changed it, else the present one.
 * @template T
 * @param {T} opened
 * @param {T} wanted
 * @param {T} current
 */
export function mergeValue(opened, wanted, current) {
  return wanted === opened ? current : wanted
}
