/** Every way in which a name or a description can be refused. */
export const NAME_RULES = [
  'empty',
  'too_long',
  'lone_surrogate',
  'control_character',
  'bidirectional_character',
  'outer_space',
] as const

export type NameRule = (typeof NAME_RULES)[number]

const LINE_BREAKS_AND_TABS = /[\n\t]/g
/** General category Cc (NUL, DEL and C1 included) and the two separators that end a line as they do. */
const CONTROL = /[\p{Cc}\u2028\u2029]/u
/** The characters of Unicode's Bidi_Control property: they make a text read as another one. */
const BIDIRECTIONAL = /\p{Bidi_Control}/u
/** White space by Unicode or by JavaScript: the latter counts U+FEFF as well, and so do its trimmers. */
const OUTER_SPACE = /^[\s\p{White_Space}]|[\s\p{White_Space}]$/u

/**
 * Why a text cannot be a name of at most `max` code points; undefined when it can. Rules are asked in
 * the order of `NAME_RULES`. Names are never altered, so what is refused is what would not survive
 * being stored, shown or typed again as it is.
 */
export function nameFault(text: string, max: number): NameRule | undefined {
  if (text === '') return 'empty'
  const fault = textFault(text, text, max)
  if (fault !== undefined) return fault
  if (OUTER_SPACE.test(text)) return 'outer_space'
  return undefined
}

/**
 * Why a text cannot be a description of at most `max` code points; undefined when it can. It may be
 * empty, hold line breaks (`\n`) and tabs, and begin or end with white space.
 */
export function descriptionFault(text: string, max: number): NameRule | undefined {
  return textFault(text, text.replace(LINE_BREAKS_AND_TABS, ''), max)
}

/** What a rule asks for, in words for people. */
export function nameMessage(rule: NameRule): string {
  return MESSAGES[rule]
}

/** `restrained` is what of the text must be free of control characters. */
function textFault(text: string, restrained: string, max: number): NameRule | undefined {
  if (isLongerThan(text, max)) return 'too_long'
  if (!text.isWellFormed()) return 'lone_surrogate'
  if (CONTROL.test(restrained)) return 'control_character'
  if (BIDIRECTIONAL.test(text)) return 'bidirectional_character'
  return undefined
}

/** A code point is one or two UTF-16 code units, so a huge text is refused without being walked. */
function isLongerThan(text: string, codePoints: number): boolean {
  return text.length > 2 * codePoints || [...text].length > codePoints
}

const MESSAGES: Readonly<Record<NameRule, string>> = {
  empty: 'The text must not be empty.',
  too_long: 'The text is too long.',
  lone_surrogate: 'The text must not contain an unpaired surrogate.',
  control_character: 'The text must not contain control characters or line separators.',
  bidirectional_character:
    'The text must not contain characters that change the direction of text.',
  outer_space: 'The text must not begin or end with white space.',
}
