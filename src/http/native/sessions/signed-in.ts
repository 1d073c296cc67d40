import { type Static, Type } from 'typebox'
import { type CallerPrincipal, rightsOf } from '../../../domain/principal.ts'
import type { Session } from '../../../domain/session/session.ts'
import { getAccount } from '../../../management/accounts/get.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { ref } from '../../schema-tools.ts'
import { callerBodyOf, callerFields } from '../caller-body.ts'
import { AccountBody, toAccountBody } from '../shapes/account.ts'
import { SessionBody, toSessionBody } from './session-body.ts'

/** Who is signed in, and as what. No component: no documented operation returns it. */
export const SignedIn = Type.Object({
  session: ref(SessionBody),
  ...callerFields,
  account: ref(AccountBody),
})

export async function signedInBody(
  deps: ControlPlaneDeps,
  principal: CallerPrincipal,
  session: Session,
): Promise<Static<typeof SignedIn>> {
  const { accountId } = rightsOf(principal)
  const [{ body }, account] = await Promise.all([
    callerBodyOf(deps, principal),
    getAccount(deps, accountId),
  ])
  return {
    session: toSessionBody(deps, session, { session }),
    ...body,
    account: toAccountBody(account),
  }
}
