import { Type } from 'typebox'
import type { ApiKey } from '../../../domain/key/api-key.ts'
import { jwtFormOf } from '../../../management/api-keys/jwt-form.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { nullableString } from '../../schema-tools.ts'

/** What a request that issues a token answers about the token. */
export const issuedToken = {
  generation: Type.Integer({ description: 'Generation of the issued token.' }),
  token: nullableString({
    description:
      'The token. Returned only in this response. Null if the request repeats an earlier request: only the first response holds the token.',
  }),
  jwt_form: Type.Optional(
    Type.String({
      description:
        'The same token in the JWT form. Only if the request asked for it, and only beside `token`.',
    }),
  ),
}

/** The field by which a request that issues a token asks for its JWT form. */
export const withJwtForm = Type.Optional(
  Type.Boolean({
    description:
      'Return the token in the JWT form as well, for clients that require a JWT, such as `ybm` and Terraform. Absent: false.',
  }),
)

/** The token of an answer, in the forms that the request asked for. */
export function showToken(
  deps: ControlPlaneDeps,
  body: { readonly with_jwt_form?: boolean },
  { apiKey, token }: { readonly apiKey: ApiKey; readonly token: string | null },
): { readonly token: string | null; readonly jwt_form?: string } {
  if (token === null || body.with_jwt_form !== true) return { token }
  return { token, jwt_form: jwtFormOf(deps, { apiKey, token }) }
}

/**
 * A body without `with_jwt_form`, to compare the bodies of repeated requests: a repeat may ask for
 * the other form, and issues no other token.
 */
export function withoutJwtForm<T extends { readonly with_jwt_form?: boolean }>(body: T) {
  const { with_jwt_form: _, ...others } = body
  return others
}
