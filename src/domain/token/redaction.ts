/**
 * Matches where a token of either form, or the beginning of a token, starts: a hint with at least
 * eight characters of the secret after it, or the first characters of a JWT. Ids of other services
 * have up to 27 characters after a prefix (`user_` and a KSUID), and must not be lost; 7 of the 43
 * characters of a secret are of no use. The match extends over every character that a token of
 * either form may hold: redacting too much costs a word of a log line, redacting too little costs
 * a secret. A start that fails is abandoned within 50 characters, so that the time is linear.
 */
const TOKEN =
  /([a-z][a-z0-9]{0,15}_(?!eyJ)[0-9A-Za-z]{22}(?=[0-9A-Za-z]{8})|eyJ(?=[\w-]{8}))[\w.-]+/g

/** Redacts the secrets in a text: of a native token the public hint stays, of a JWT only `eyJ`. */
export function redactTokens(text: string): string {
  return text.replace(TOKEN, '$1[redacted]')
}
