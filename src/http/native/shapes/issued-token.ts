import { Type } from 'typebox'
import { nullableString } from '../../schema-tools.ts'

/** What a request that issues a token answers about the token. */
export const issuedToken = {
  generation: Type.Integer({ description: 'Generation of the issued token.' }),
  token: nullableString({
    description:
      'The token. Returned only in this response. Null if the request repeats an earlier request: only the first response holds the token.',
  }),
}
