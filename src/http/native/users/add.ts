import { Type } from 'typebox'
import { maxIssuerLength, maxSubjectLength } from '../../../domain/limits.ts'
import { rightsOf } from '../../../domain/principal.ts'
import { invalidRequest } from '../../../errors.ts'
import { addUser } from '../../../management/users/add.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { expected } from '../../expected-value.ts'
import { responses } from '../../responses.ts'
import { closed, ref } from '../../schema-tools.ts'
import { idempotencyHeaders, parseIdempotencyKey, setReplayHeader } from '../idempotency.ts'
import { accountParams } from '../shapes/account.ts'
import { roleInput } from '../shapes/key-input.ts'
import { toUserBody, UserAnswer } from '../shapes/user.ts'

const expectedIssuer = 'the issuer of a provider in OIDC_FILE, letter by letter'
const expectedSubject = `a string of 1 to ${maxSubjectLength} characters of printable ASCII, such as 248289761001`

export const AddUserBody = Type.Object(
  {
    issuer: Type.String({
      maxLength: maxIssuerLength,
      description: 'A provider of this deployment, exactly as it calls itself.',
      examples: ['https://login.example.com'],
      ...expected(expectedIssuer),
    }),
    subject: Type.String({
      pattern: `^[\\x20-\\x7e]{1,${maxSubjectLength}}$`,
      description: 'Identifier of the person at the provider: the claim `sub`.',
      examples: ['248289761001'],
      ...expected(expectedSubject),
    }),
    role: roleInput,
  },
  {
    $id: 'AddUser',
    ...closed,
    description: 'A person who is to be a user of the account.',
    examples: [{ issuer: 'https://login.example.com', subject: '248289761001', role: 'developer' }],
  },
)

export function addUserRoute(app: App, deps: ControlPlaneDeps): void {
  app.post(
    '/v1/accounts/:account_id/users',
    {
      config: { access: { permission: 'account_user:invite' } },
      schema: {
        operationId: 'addUser',
        tags: ['Users'],
        summary: 'Add a user',
        description:
          'Gives a person a role in the account, before the first sign-in. The person is who the provider calls by this subject: an e-mail address identifies nobody. Fails with `mapped_role` for the platform account, whose roles follow from the file of the deployment.',
        params: accountParams,
        headers: idempotencyHeaders('the same user'),
        body: ref(AddUserBody),
        response: responses({ 201: ref(UserAnswer) }, { body: true, problems: [404, 409, 422] }),
      },
    },
    async (request, reply) => {
      const { principal, params, body, log } = request
      requireProvider(deps, body.issuer)
      const idempotent = parseIdempotencyKey(request)
      const { account_id: accountId } = params
      const added = await addUser(deps, principal, accountId, body, idempotent)
      const user = added.value
      setReplayHeader(reply, added.isRepeat)
      const { id } = user.person
      log.info({ act: 'add', user_id: id, by: rightsOf(principal).id }, 'user added')
      reply.code(201).header('location', `/v1/accounts/${user.accountId}/users/${id}`)
      return { user: toUserBody(user) }
    },
  )
}

/** Nobody could ever sign in as a person of another issuer. */
function requireProvider({ providers }: Pick<ControlPlaneDeps, 'providers'>, issuer: string): void {
  if ([...providers.values()].some(({ settings }) => settings.issuer === issuer)) return
  const message = `The value must be ${expectedIssuer}.`
  throw invalidRequest([{ field: '/issuer', rule: 'provider', message }])
}
