import { Type } from 'typebox'
import { emailPattern } from '../../../domain/invitation/email-address.ts'
import { maxEmailLength } from '../../../domain/limits.ts'
import { rightsOf } from '../../../domain/principal.ts'
import { invite } from '../../../management/invitations/invite.ts'
import type { ConsoleSettings } from '../../api-settings.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { expected, expectedEmail } from '../../expected-value.ts'
import { requireRedeemable } from '../../mail/invitation-link.ts'
import { responses } from '../../responses.ts'
import { closed, ref } from '../../schema-tools.ts'
import { idempotencyHeaders, parseIdempotencyKey, setReplayHeader } from '../idempotency.ts'
import { accountParams } from '../shapes/account.ts'
import { SentInvitationAnswer } from '../shapes/invitation.ts'
import { roleInput } from '../shapes/key-input.ts'
import { toSentInvitation } from './sent-invitation.ts'

export const InviteBody = Type.Object(
  {
    email: Type.String({
      maxLength: maxEmailLength,
      pattern: emailPattern,
      ...expected(expectedEmail),
      description:
        'E-mail address of the person. Letters beyond ASCII are refused; the case of A to Z makes no difference.',
      examples: ['ada@example.com'],
    }),
    role: roleInput,
  },
  {
    $id: 'Invite',
    ...closed,
    description: 'An address to invite, and the role that it is to have.',
    examples: [{ email: 'ada@example.com', role: 'developer' }],
  },
)

export function inviteRoute(
  app: App,
  deps: ControlPlaneDeps,
  console: ConsoleSettings | undefined,
): void {
  app.post(
    '/v1/accounts/:account_id/invitations',
    {
      config: { access: { permission: 'account_user:invite' } },
      schema: {
        operationId: 'invite',
        tags: ['Users'],
        summary: 'Invite a person',
        description:
          'Makes a link by which the person with a verified e-mail address becomes a user, once, within 24 hours. The link without the address is of no use. The caller must hold every permission of the role, now and when the invitation is redeemed: if it no longer does then, the invitation is void. Fails with `no_provider` while nobody could sign in, with `mapped_role` for the platform account, with `id_taken` while another invitation of the address is open, and with `invitation_limit`.',
        params: accountParams,
        headers: idempotencyHeaders('the same invitation, without its link'),
        body: ref(InviteBody),
        response: responses(
          { 201: ref(SentInvitationAnswer) },
          { body: true, problems: [404, 409, 422] },
        ),
      },
    },
    async (request, reply) => {
      const { principal, params, body, log } = request
      const site = requireRedeemable(deps, console)
      const idempotent = parseIdempotencyKey(request)
      const sent = await invite(deps, principal, params.account_id, body, idempotent)
      setReplayHeader(reply, sent.isRepeat)
      const { id, accountId } = sent.value.invitation
      log.info({ act: 'invite', invitation_id: id, by: rightsOf(principal).id }, 'person invited')
      reply.code(201).header('location', `/v1/accounts/${accountId}/invitations/${id}`)
      return toSentInvitation(deps, site, sent.value, principal)
    },
  )
}
