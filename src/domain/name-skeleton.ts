import table from './confusables.json' with { type: 'json' }

/**
 * The skeleton of a name: names that look the same have the same skeleton. The skeleton is that of
 * UTS 39, section 4: each character is replaced by its prototype (Latin a for Cyrillic а, l for I
 * and 1, rn for m), and invisible characters are removed (Default_Ignorable_Code_Point). Beyond
 * UTS 39, the function folds compatibility forms (full-width forms, no-break spaces), counts a run
 * of spaces as one, drops a dot above i and j, which have one already, reads vv as w (and so vw as
 * wv: both are vvv), and folds enclosed letters and small capitals. A skeleton is compared, never
 * shown.
 */
export function skeletonOf(name: string): string {
  return [...name.normalize('NFD')]
    .filter((character) => !IGNORABLE.test(character))
    .map(prototypeOf)
    .join('')
    .normalize('NFD')
    .replace(SOFT_DOTTED, '$1')
    .replace(SPACES, ' ')
    .replaceAll('w', 'vv')
    .replaceAll('vv', 'w')
}

/**
 * The skeleton of a name whose case does not count. I looks like l, and is also another case of i:
 * the skeleton is therefore taken in both cases, and I, i, l and 1 are equal.
 */
export function caselessSkeletonOf(name: string): string {
  const inCapitals = skeletonOf(skeletonOf(name).toUpperCase())
  return skeletonOf(inCapitals.toLowerCase()).toLowerCase().replace(DOTTED_CAPITAL, '$1')
}

const IGNORABLE = /\p{Default_Ignorable_Code_Point}/u
const SOFT_DOTTED = /([ij])\u0307+/g
/** The lower case of the Turkish capital I is an i with a dot above. */
const DOTTED_CAPITAL = /(l)\u0307+/g
const SPACES = / {2,}/g

const prototypes: ReadonlyMap<string, string> = new Map(
  Object.entries(table).map(([from, to]) => [decode(from), decode(to)]),
)

/** A character that the table lacks may decompose into characters that the table has. */
function prototypeOf(character: string): string {
  const letter = letterOf(character)
  if (letter !== undefined) return prototypeOf(letter)
  const prototype = prototypes.get(character)
  if (prototype !== undefined) return prototype
  return [...character.normalize('NFKD')].map((part) => prototypes.get(part) ?? part).join('')
}

/**
 * The capital letter in a circle or square, or the small capital, that the table and Unicode's
 * decompositions lack.
 */
function letterOf(character: string): string | undefined {
  const codePoint = character.codePointAt(0) ?? 0
  for (const first of ENCLOSED_ALPHABETS) {
    if (codePoint >= first && codePoint < first + 26)
      return String.fromCharCode(0x41 + codePoint - first)
  }
  const at = SMALL_CAPITALS.indexOf(character)
  return at === -1 ? undefined : PLAIN_LETTERS[at]
}

/** Negative circled, negative squared and regional indicator letters, from A to Z each. */
const ENCLOSED_ALPHABETS = [0x1f150, 0x1f170, 0x1f1e6]
const SMALL_CAPITALS = [
  ...'\u1d00\u0299\u1d04\u1d05\u1d07\ua730\u0262\u029c\u026a\u1d0a\u1d0b\u029f\u1d0d\u0274\u1d0f\u1d18\u0280\ua731\u1d1b\u1d1c\u1d20\u1d21\u028f\u1d22',
]
const PLAIN_LETTERS = [...'abcdefghijklmnoprstuvwyz']

/** Decodes `U+0072 U+006E`. */
function decode(codePoints: string): string {
  return codePoints
    .split(' ')
    .map((codePoint) => String.fromCodePoint(Number.parseInt(codePoint.slice(2), 16)))
    .join('')
}
