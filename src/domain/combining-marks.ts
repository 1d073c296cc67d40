/**
 * The first combining mark of a text that nothing legitimate needs: a mark without a letter or a
 * symbol to stand on, a mark that repeats the mark before it, or a mark of one script on a
 * character of another script, where most fonts show nothing. Undefined when there is none.
 */
export function strayMark(text: string): string | undefined {
  let base: string | undefined
  let previous: string | undefined
  for (const character of text) {
    if (!MARK.test(character)) {
      base = SPACE.test(character) ? undefined : character
      previous = undefined
      continue
    }
    if (base === undefined || character === previous) return character
    if (isForeign(character, base)) return character
    previous = character
  }
  return undefined
}

const MARK = /\p{M}/u
const SPACE = /\s/u
/** Marks that Unicode gives to every script. */
const INHERITED = /[\p{Script=Inherited}\p{Script=Common}]/u

/** Scripts whose letters take marks of their own, by Unicode's names. */
const scripts = [
  'Adlam Ahom Arabic Armenian Balinese Bamum Bassa_Vah Batak Bengali Bhaiksuki Brahmi Buginese Buhid',
  'Chakma Cham Chorasmian Coptic Cyrillic Devanagari Dives_Akuru Dogra Duployan Egyptian_Hieroglyphs',
  'Ethiopic Georgian Glagolitic Grantha Greek Gujarati Gunjala_Gondi Gurmukhi Han Hangul',
  'Hanifi_Rohingya Hanunoo Hebrew Hiragana Javanese Kaithi Kannada Katakana Kawi Kayah_Li Kharoshthi',
  'Khitan_Small_Script Khmer Khojki Khudawadi Lao Lepcha Limbu Mahajani Makasar Malayalam Mandaic',
  'Manichaean Marchen Masaram_Gondi Meetei_Mayek Mende_Kikakui Miao Modi Mongolian Multani Myanmar',
  'Nandinagari Newa New_Tai_Lue Nko Nyiakeng_Puachue_Hmong Old_Permic Oriya Pahawh_Hmong Phags_Pa',
  'Rejang Samaritan Saurashtra Sharada Siddham SignWriting Sinhala Sogdian Soyombo Sundanese',
  'Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le Tai_Tham Tai_Viet Takri Tamil Telugu Thaana Thai',
  'Tibetan Tifinagh Tirhuta Vithkuqi Wancho Yezidi Zanabazar_Square',
]
  .join(' ')
  .split(' ')
  .map((name) => new RegExp(`\\p{Script_Extensions=${name}}`, 'u'))

function isForeign(mark: string, base: string): boolean {
  if (INHERITED.test(mark)) return false
  return !scripts.some((script) => script.test(mark) && script.test(base))
}
