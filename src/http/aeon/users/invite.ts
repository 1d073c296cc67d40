import { type Static, Type } from 'typebox'
import type { CallerPrincipal } from '../../../domain/principal.ts'
import { type ErrorCode, ServiceError } from '../../../errors.ts'
import { invite } from '../../../management/invitations/invite.ts'
import { rolesOfHolders } from '../../../management/roles/of-holders.ts'
import type { ConsoleSettings } from '../../api-settings.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { requireRedeemable, sendLink } from '../../mail/invitation-link.ts'
import { ref } from '../../schema-tools.ts'
import { aeonDetail } from '../errors.ts'
import { responses } from '../responses.ts'
import { accountParams } from '../shapes/account.ts'
import {
  BatchInviteUserSpec,
  InviteUserData,
  InviteUserSpec,
  toInvitedInfo,
} from '../shapes/invitation.ts'

type Spec = Static<typeof InviteUserSpec>

export const InviteUserResponse = Type.Object(
  { data: ref(InviteUserData) },
  { $id: 'InviteUserResponse', description: 'The invited user.' },
)

export const BatchInviteUserResponse = Type.Object(
  {
    data: Type.Object(
      {
        user_list: Type.Array(
          Type.Object(
            {
              InviteUserData: Type.Optional(ref(InviteUserData)),
              is_successful: Type.Boolean({ description: 'Whether the address is invited.' }),
              error_message: Type.Optional(
                Type.String({ description: 'Why the address is not invited.' }),
              ),
            },
            { description: 'What became of one address.' },
          ),
          { description: 'What became of the addresses, in their order.' },
        ),
      },
      { description: 'The results.' },
    ),
  },
  { $id: 'BatchInviteUserResponse', description: 'What became of each address.' },
)

const access = { permission: 'account_user:invite' } as const

/** Refusals of one address, beside which others are invited. */
const ofOne: readonly ErrorCode[] = [
  'escalation',
  'id_taken',
  'invalid_request',
  'invitation_limit',
]

export function inviteUserRoutes(
  scope: App,
  deps: ControlPlaneDeps,
  console: ConsoleSettings | undefined,
): void {
  scope.post(
    '/accounts/:account_id/users',
    {
      config: { access },
      schema: {
        operationId: 'InviteAccountUser',
        tags: ['account'],
        summary: 'Invite a user',
        description: 'Mails a link to the address if the deployment mails. Valid for 24 hours.',
        params: accountParams,
        body: ref(InviteUserSpec),
        response: responses(ref(InviteUserResponse), { body: true, errors: [404, 409] }),
      },
    },
    async ({ principal, params, body }) => {
      const site = requireRedeemable(deps, console)
      return { data: await inviteOne(deps, site, principal, params.account_id, body) }
    },
  )
  scope.post(
    '/accounts/:account_id/users/batch',
    {
      config: { access },
      schema: {
        operationId: 'BatchInviteAccountUsers',
        tags: ['account'],
        summary: 'Invite users',
        description: 'Invites each address by itself, and says which ones it could not invite.',
        params: accountParams,
        body: ref(BatchInviteUserSpec),
        response: responses(ref(BatchInviteUserResponse), { body: true, errors: [404, 409] }),
      },
    },
    async ({ principal, params, body }) => {
      const site = requireRedeemable(deps, console)
      const results: Static<typeof BatchInviteUserResponse>['data']['user_list'] = []
      for (const spec of body.user_list) {
        const invited = await inviteOne(deps, site, principal, params.account_id, spec).catch(
          refusalOfOne,
        )
        results.push(
          typeof invited === 'string'
            ? { is_successful: false, error_message: invited }
            : { InviteUserData: invited, is_successful: true },
        )
      }
      return { data: { user_list: results } }
    },
  )
}

async function inviteOne(
  deps: ControlPlaneDeps,
  site: ConsoleSettings,
  principal: CallerPrincipal,
  accountId: string,
  spec: Spec,
): Promise<Static<typeof InviteUserData>> {
  const wanted = { email: spec.email, role: spec.role_id }
  const { value: sent } = await invite(deps, principal, accountId, wanted)
  await sendLink(deps, site, sent)
  const { invitation } = sent
  const role = (await rolesOfHolders(deps, accountId, [invitation])).get(invitation.role.id)
  if (role === undefined) throw new Error('An invitation offers no role.')
  return { spec, info: toInvitedInfo(invitation, role) }
}

/** Why one address is not invited. Throws what refuses all of them. */
function refusalOfOne(error: unknown): string {
  if (!(error instanceof ServiceError) || !ofOne.includes(error.code)) throw error
  return aeonDetail(error)
}
