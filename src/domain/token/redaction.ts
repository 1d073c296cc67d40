/**
 * Where a token of either form, or the beginning of one, starts: a hint with at least one character
 * of the secret after it, or a JWT's first characters. It then runs on over every character that a
 * token of either form may hold: swallowing too much costs a word of a log line, and too little a
 * secret. What does not start a token is given up within 40 characters, so the time is linear.
 */
const TOKEN = /([a-z][a-z0-9]{0,15}_(?!eyJ)[0-9A-Za-z]{22}(?=[0-9A-Za-z])|eyJ(?=[\w-]{8}))[\w.-]+/g

/** Takes the secrets out of a text: of a native token the public hint stays, of a JWT only `eyJ`. */
export function redactTokens(text: string): string {
  return text.replace(TOKEN, '$1[redacted]')
}
