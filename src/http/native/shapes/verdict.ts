import { Type } from 'typebox'
import { denialReasons, warnings } from '../../../domain/verdict.ts'
import { openEnum, ref } from '../../schema-tools.ts'
import { id, nullableTime } from './fields.ts'
import { RoleRefBody } from './role.ts'

export const VerifiedKeyBody = Type.Object(
  {
    id: id('Id of the key.'),
    account_id: id('Id of the account that owns the key.'),
    name: Type.String({ description: 'Name of the key.' }),
    role: ref(RoleRefBody),
    expires_at: nullableTime('Null: the key never expires.'),
  },
  { $id: 'VerifiedKey', description: 'The key to which a verified token belongs.' },
)

/** `verify/verdict-text.ts` writes this shape by hand. */
export const VerdictBody = Type.Object(
  {
    valid: Type.Boolean({ description: 'Whether the token is valid for the attempt.' }),
    reason: Type.Optional(
      openEnum(denialReasons, 'Present on a denial: the first check that failed, in this order.'),
    ),
    api_key: Type.Optional(ref(VerifiedKeyBody)),
    generation: Type.Optional(
      Type.Integer({
        description:
          'Generation of the token: 1 for the first token of the key; each rotation adds 1.',
      }),
    ),
    permissions: Type.Optional(
      Type.Array(Type.String(), {
        description: 'Present if valid: all permissions of the key, including implied permissions.',
      }),
    ),
    warnings: Type.Optional(
      Type.Array(openEnum(warnings, 'A warning.'), {
        description:
          'Present if valid and a warning applies. `expires_soon`: the key expires within EXPIRY_WARNING_DAYS.',
      }),
    ),
  },
  {
    $id: 'Verdict',
    description:
      'The verdict on a token. `api_key` and `generation` are present only if the secret of the token matched.',
  },
)
