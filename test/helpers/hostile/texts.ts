/** Texts of all lengths that take long to normalize, compare, match or parse. */
export function hostileTexts(maxBytes: number): readonly string[] {
  const long = (part: string) => part.repeat(Math.min(4_000, maxBytes / 4) / part.length)
  return [
    // Of 120 characters, the most that a name may have; the first has 18 in NFKC.
    '\ufdfa'.repeat(120),
    `a${'\u0301'.repeat(119)}`,
    'e\u0323\u0302'.repeat(40),
    '\u200d\u202e'.repeat(60),
    '\ud800'.repeat(120),
    long('aeon_'),
    long('eyJ.'),
    long('a:'),
    long('::ffff:1.2.3.4,'),
    `fe80::1%${long('e')}`,
    `1.2.3.4/${long('0')}`,
    `::${long('0')}1`,
    long('1.'),
    `2026-01-01T00:00:00.${long('0')}Z`,
    `${long('9')}-01-01T00:00:00Z`,
    long('00000000-'),
    long('https://a'),
    long(' '),
  ]
}
