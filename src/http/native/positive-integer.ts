/**
 * The number that a path names, or undefined if the text is not a positive decimal number without
 * leading zeros. At most 15 digits: any such number is exact as a JavaScript number.
 */
export function parsePositiveInteger(text: string): number | undefined {
  return /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined
}
