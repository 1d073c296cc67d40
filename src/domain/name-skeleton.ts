import table from './confusables.json' with { type: 'json' }

/**
 * What a name looks like: names that look the same have the same skeleton. It is that of UTS 39,
 * section 4, where every character stands for those that are taken for it (Latin a for Cyrillic а, l for
 * I and 1, rn for m), without what is not visible (Default_Ignorable_Code_Point). Beyond UTS 39, what
 * looks the same only by compatibility (full-width forms, no-break spaces) is folded too, a run of
 * spaces counts as one, and a dot above i and j is their own. A skeleton is compared, never shown.
 */
export function skeletonOf(name: string): string {
  return [...name.normalize('NFD')]
    .filter((character) => !IGNORABLE.test(character))
    .map(prototypeOf)
    .join('')
    .normalize('NFD')
    .replace(SOFT_DOTTED, '$1')
    .replace(SPACES, ' ')
}

/**
 * The skeleton of a name whose case does not count. I and l look the same, and i is another case of I: so
 * the skeleton is taken in both cases, and all of these are one.
 */
export function caselessSkeletonOf(name: string): string {
  const inCapitals = skeletonOf(skeletonOf(name).toUpperCase())
  return skeletonOf(inCapitals.toLowerCase()).toLowerCase().replace(DOTTED_CAPITAL, '$1')
}

const IGNORABLE = /\p{Default_Ignorable_Code_Point}/u
const SOFT_DOTTED = /([ij])\u0307+/g
/** The Turkish capital I, which lower case makes an i with a dot above. */
const DOTTED_CAPITAL = /(l)\u0307+/g
const SPACES = / {2,}/g

const prototypes: ReadonlyMap<string, string> = new Map(
  Object.entries(table).map(([from, to]) => [decode(from), decode(to)]),
)

/** Those that the table does not have may be made of characters that it has. */
function prototypeOf(character: string): string {
  const prototype = prototypes.get(character)
  if (prototype !== undefined) return prototype
  return [...character.normalize('NFKD')].map((part) => prototypes.get(part) ?? part).join('')
}

/** `U+0072 U+006E`. */
function decode(codePoints: string): string {
  return codePoints
    .split(' ')
    .map((codePoint) => String.fromCodePoint(Number.parseInt(codePoint.slice(2), 16)))
    .join('')
}
