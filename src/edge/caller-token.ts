import { VerifierError } from './verifier-error.ts'

/** The token of this program, or a function that reads the current one. */
export type CallerToken = string | (() => string | Promise<string>)

/** Reads the token of this program; rejects with a VerifierError. */
export async function readCallerToken(token: CallerToken): Promise<string> {
  if (typeof token === 'string') return token
  try {
    return await token()
  } catch (cause) {
    const message = 'The token of this caller could not be read.'
    throw new VerifierError('unavailable', message, { cause })
  }
}
