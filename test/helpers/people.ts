import { randomUUID } from 'node:crypto'
import type { MappedRole } from '../../src/domain/person/mapping.ts'
import { type Redemption, redeem } from '../../src/management/invitations/redeem.ts'
import {
  type SignedInPerson,
  type SignInRequest,
  signInPerson,
} from '../../src/management/users/sign-in.ts'
import { type Browser, callWithCookie } from './browser.ts'
import type { TestService } from './service.ts'

/** The issuer of people who sign in without a provider. */
export const testIssuer = 'https://provider.test'

/** The provider of these people as OIDC_FILE names it; nobody ever asks it anything. */
export const testProvider = { name: 'test', issuer: testIssuer, client_id: 'aeon', roles: [] }

/** A browser in which a person is signed in. */
export interface PersonBrowser extends Omit<Browser, 'signedIn'> {
  /** The id of the person. */
  readonly userId: string
}

/**
 * Signs a person in as if a provider had proved who it is. The roles are those that the file of the
 * deployment maps; without any, the person must be a user of an account already.
 */
export async function signInAs(
  service: Pick<TestService, 'as' | 'canaries' | 'service'>,
  subject: string = randomUUID(),
  roles: readonly MappedRole[] = [],
  values: Partial<SignedInPerson> = {},
): Promise<PersonBrowser> {
  const { deps } = service.service
  const person = proved(service, { ...values, subject, roles })
  const { started, principal } = await signInPerson(deps, requestOf(service), person)
  service.canaries.addSecret(started.token)
  return {
    userId: principal.user.id,
    sessionId: started.session.id,
    cookie: started.token,
    call: (method, path, options = {}) =>
      callWithCookie(service, started.token, method, path, options),
  }
}

/** Redeems an invitation as if a provider had proved who a new person is. */
export async function redeemAs(
  service: Pick<TestService, 'canaries' | 'service'>,
  secret: string,
  values: Partial<SignedInPerson>,
): Promise<Redemption> {
  const { deps } = service.service
  const redemption = await redeem(deps, requestOf(service), proved(service, values), secret)
  if (redemption.kind === 'redeemed') service.canaries.addSecret(redemption.started.token)
  return redemption
}

function requestOf({ service }: Pick<TestService, 'service'>): SignInRequest {
  return { address: undefined, requestId: randomUUID(), epoch: service.deps.cache.epoch }
}

/** What the ID token of a person says, whose address is verified. */
function proved(
  { service }: Pick<TestService, 'service'>,
  { subject = randomUUID(), ...values }: Partial<SignedInPerson>,
): SignedInPerson {
  return {
    issuer: testIssuer,
    subject,
    email: `${subject}@example.com`,
    emailVerified: true,
    name: `Person ${subject}`,
    authenticatedAt: service.deps.now(),
    accountId: undefined,
    roles: [],
    ...values,
  }
}
