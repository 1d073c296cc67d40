import { isRecord } from '../domain/is-record.ts'
import { parseJson } from '../domain/parse-json.ts'
import { ProviderUnavailable, SignInRefused } from './errors.ts'
import { type JsonDocument, type MemberType, requireTypes } from './json-document.ts'
import { isErrorCode, isOutageCode } from './sign-in-failure.ts'

/** The members of an answer with tokens that the service or the library reads. */
const memberTypes: Readonly<Record<string, MemberType>> = {
  access_token: 'string',
  token_type: 'string',
  id_token: 'string',
}

/**
 * The answer of a token endpoint with tokens (RFC 6749, section 5.1). Throws SignInRefused for an
 * error of section 5.2, named by its code, and ProviderUnavailable for one that says that the
 * provider cannot answer now. So it does for everything that is neither: a page, text that is no
 * JSON, or an error of something in front of the provider says nothing of a person. Nothing of the
 * answer is repeated but such a code.
 */
export async function requireTokens(response: Response): Promise<Response> {
  const { status, headers } = response
  const text = await response.text()
  const document = parseObject(text)
  if (document === undefined) {
    throw new ProviderUnavailable(
      `The token endpoint answers ${status}, with something else than a JSON object.`,
    )
  }
  const { error } = document
  if (isOutageCode(error)) {
    throw new ProviderUnavailable(`The token endpoint answers ${status}, with the error ${error}.`)
  }
  if (isErrorCode(error)) {
    throw new SignInRefused(`The token endpoint answers ${status}, with the error ${error}.`)
  }
  // Codes of extensions may have any form.
  if (typeof error === 'string' && (status === 400 || status === 401)) {
    throw new SignInRefused(`The token endpoint answers ${status}, with an error.`)
  }
  if (status !== 200) {
    throw new ProviderUnavailable(`The token endpoint answers ${status}, without an error.`)
  }
  requireTypes(document, memberTypes, 'the answer of the token endpoint')
  const missing = ['access_token', 'token_type'].find((name) => document[name] === undefined)
  if (missing !== undefined) {
    throw new ProviderUnavailable(`The answer of the token endpoint lacks the member ${missing}.`)
  }
  return new Response(text, { status, headers })
}

function parseObject(text: string): JsonDocument | undefined {
  const value = parseJson(text)
  return isRecord(value) ? value : undefined
}
