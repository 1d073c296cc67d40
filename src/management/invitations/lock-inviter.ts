import { endOfMembership } from '../../domain/person/user.ts'
import type { Rights } from '../../domain/rights.ts'
import type { SessionOwner } from '../../domain/session/session.ts'
import { judge } from '../../domain/verdict.ts'
import { lockKeyFacts } from '../../store/credentials.ts'
import type { StoreTransaction } from '../../store/database.ts'
import { lockUserFacts } from '../../store/memberships.ts'

/**
 * What an inviter may do now, locked until the commit; undefined: the credential of the key is not
 * valid any more, the person is no user of the account any more, or neither may invite. It is the
 * credential that invited: a thief of one who invited themselves is shut out by its rotation.
 */
export async function lockInviter(
  trx: StoreTransaction,
  inviter: SessionOwner,
  now: Date,
): Promise<Rights | undefined> {
  const rights = await lockRights(trx, inviter, now)
  return rights?.holds.has('account_user:invite') === true ? rights : undefined
}

async function lockRights(
  trx: StoreTransaction,
  inviter: SessionOwner,
  now: Date,
): Promise<Rights | undefined> {
  switch (inviter.kind) {
    case 'key': {
      const facts = await lockKeyFacts(trx, inviter.apiKeyId, inviter.generation)
      // A key that has become restricted by address gives nobody a role: there is no address here.
      const attempt = { address: undefined, permissions: [], accountId: undefined }
      return facts !== undefined && judge(facts, attempt, now).valid ? facts : undefined
    }
    case 'user': {
      const facts = await lockUserFacts(trx, inviter.membershipId)
      return facts !== undefined && endOfMembership(facts, now) === undefined ? facts : undefined
    }
  }
}
