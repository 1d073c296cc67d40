import { strayMark } from './combining-marks.ts'

/** The rules that a name or a description can break. */
export const NAME_RULES = [
  'empty',
  'too_long',
  'lone_surrogate',
  'control_character',
  'bidirectional_character',
  'outer_space',
  'invisible_character',
  'unassigned_character',
  'stray_mark',
] as const

export type NameRule = (typeof NAME_RULES)[number]

const LINE_BREAKS_AND_TABS = /[\n\t]/g
/** General category Cc (NUL, DEL and C1 included) and the two separators that also end a line. */
const CONTROL = /[\p{Cc}\u2028\u2029]/u
/** The characters of Unicode's Bidi_Control property: they make a text read as another text. */
const BIDIRECTIONAL = /\p{Bidi_Control}/u
/** White space by Unicode or by JavaScript, which also counts U+FEFF, as `trim` does. */
const OUTER_SPACE = /^[\s\p{White_Space}]|[\s\p{White_Space}]$/u
/**
 * Characters that show nothing by themselves: those that Unicode lets a renderer ignore, format
 * characters, blanks that are neither (Braille, musical, Egyptian, Khitan), joiners that show only
 * in some fonts (Tifinagh, Brahmi), stand-ins for objects and unknown characters, and halves of
 * flags.
 */
const INVISIBLE =
  /[\p{Default_Ignorable_Code_Point}\p{Cf}\u2800\u{1d159}\u{13441}\u{13442}\u{16fe4}\u2d7f\u{1107f}\ufffc\ufffd\p{Regional_Indicator}]/u
/** Characters that show nothing by themselves, in the places where a script requires them. */
const NEEDED = [
  // Emoji that Unicode recommends: joiners, variation selectors and tags combine into one
  // picture.
  '\\p{RGI_Emoji}',
  // Persian and related languages separate letters within a word (UAX 31, section 2.3.1, A1).
  '(?<=\\p{Script=Arabic}\\p{M}*)\\u200c(?=\\p{Script=Arabic})',
  // After a virama the character selects the form of a conjunct (A2 and B), as in the name of Sri
  // Lanka.
  '(?<=[\\u094d\\u09cd\\u0a4d\\u0acd\\u0b4d\\u0bcd\\u0c4d\\u0ccd\\u0d4d\\u0dca])[\\u200c\\u200d]',
  // The variants that distinguish Japanese names.
  '(?<=\\p{Script=Han})[\\u{e0100}-\\u{e01ef}]',
].join('|')
/**
 * Unassigned, a noncharacter or for private use: the character shows nothing, or something else
 * everywhere.
 */
const UNASSIGNED = /[\p{Cn}\p{Co}]/u

/**
 * Why a text cannot be a name of at most `max` code points; undefined when it can. Rules are
 * checked in the order of `NAME_RULES`. The service never alters a name: it refuses what would not
 * survive being stored, shown or typed again.
 */
export function nameFault(text: string, max: number): NameRule | undefined {
  if (text === '') return 'empty'
  const fault = textFault(text, text, max)
  if (fault !== undefined) return fault
  if (OUTER_SPACE.test(text)) return 'outer_space'
  const bare = bareOf(text)
  if (INVISIBLE.test(bare)) return 'invisible_character'
  if (UNASSIGNED.test(bare)) return 'unassigned_character'
  if (strayMark(bare) !== undefined) return 'stray_mark'
  return undefined
}

/**
 * Why a text cannot be a description of at most `max` code points; undefined when it can. A
 * description may be empty, hold line breaks (`\n`) and tabs, and begin or end with white space.
 */
export function descriptionFault(text: string, max: number): NameRule | undefined {
  return textFault(text, text.replace(LINE_BREAKS_AND_TABS, ''), max)
}

/**
 * What a rule requires of the text that breaks it, in words for people. The text may have at most
 * `max` code points.
 */
export function nameMessage(rule: NameRule, text: string, max: number): string {
  if (rule === 'too_long') return `The text must have at most ${max} characters.`
  const bare = bareOf(text)
  const found = rule === 'stray_mark' ? strayMark(bare) : CHARACTERS[rule]?.exec(bare)?.[0]
  return found === undefined
    ? MESSAGES[rule]
    : `${MESSAGES[rule]} It contains ${codePointOf(found)}.`
}

const ASCII = /^\p{ASCII}*$/u

/** Made for the first text that is not ASCII: the list of emoji takes 15 ms of a start. */
let needed: RegExp | undefined

/** A text without what shows nothing by itself where a script requires it. */
function bareOf(text: string): string {
  if (ASCII.test(text)) return text
  needed ??= new RegExp(NEEDED, 'gv')
  return text.replace(needed, '')
}

/** `restrained` is the part of the text that must be free of control characters. */
function textFault(text: string, restrained: string, max: number): NameRule | undefined {
  if (isLongerThan(text, max)) return 'too_long'
  if (!text.isWellFormed()) return 'lone_surrogate'
  if (CONTROL.test(restrained)) return 'control_character'
  if (BIDIRECTIONAL.test(text)) return 'bidirectional_character'
  return undefined
}

/**
 * A code point is one or two UTF-16 code units: the first test refuses a huge text without a walk
 * through it.
 */
function isLongerThan(text: string, codePoints: number): boolean {
  return text.length > 2 * codePoints || [...text].length > codePoints
}

/** For example `U+200B` for a zero-width space: the character itself would be invisible. */
function codePointOf(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase()
  return `U+${hex.padStart(4, '0')}`
}

/** The rules about one character, which the message names. */
const CHARACTERS: Partial<Readonly<Record<NameRule, RegExp>>> = {
  bidirectional_character: BIDIRECTIONAL,
  invisible_character: INVISIBLE,
  unassigned_character: UNASSIGNED,
}

const MESSAGES: Readonly<Record<Exclude<NameRule, 'too_long'>, string>> = {
  empty: 'The text must not be empty.',
  lone_surrogate: 'The text must not contain an unpaired surrogate.',
  control_character: 'The text must not contain control characters or line separators.',
  bidirectional_character:
    'The text must not contain characters that change the direction of text.',
  outer_space: 'The text must not begin or end with white space.',
  invisible_character:
    'The text must not contain invisible characters where they change nothing that is read: leave them out.',
  stray_mark:
    'The text must not contain a combining mark without a letter of its script before it, or the same mark twice: leave it out.',
  unassigned_character:
    'The text must not contain characters that Unicode has not assigned, or has left to private use: write another one.',
}
