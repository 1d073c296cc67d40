import { randomInt } from 'node:crypto'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const tagWidth = 11

/** Tokens of existing keys with a guessed tag: well-formed, and refused without a query. */
export function forgeTokens(tokens: readonly string[]): string[] {
  return tokens.map((token) => token.slice(0, -tagWidth) + guessTag())
}

/** The first place is 0: a tag is a number below 2^64, and 62^10 is less. */
function guessTag(): string {
  const guess = Array.from({ length: tagWidth - 1 }, () => alphabet.charAt(randomInt(62)))
  return `0${guess.join('')}`
}
